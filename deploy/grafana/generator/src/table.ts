import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";

import type { Link } from "./links.js";
import { datasource, mappings, nothing, type Query, target, thresholds } from "./panels.js";
import { plain, type Steps } from "./steps.js";

/** A column: a label of the series, or the value of a query. */
export interface Column {
  /** A label's name; the values of queries are in `A`, `B`, and so on. */
  field: string;
  title: string;
  width?: number;
  unit?: string;
  decimals?: number;
  steps?: Steps;
  /** Colour the whole cell; for the main column of the table. */
  filled?: boolean;
  links?: Link[];
  /** Text for an empty label. */
  empty?: string;
  /** Only used by links. */
  hidden?: boolean;
  names?: Record<string, { text: string; color: string }>;
}

export interface TableOptions {
  id: number;
  title: string;
  description: string;
  width: number;
  height: number;
  /** Instant queries. Series with the same labels form a row. */
  queries: Query[];
  columns: Column[];
  /** The column to sort by in descending order, and the maximum number of rows. */
  worst: string;
  rows: number;
  noValue?: string;
}

const isQuery = (field: string): boolean => /^[A-Z]$/.test(field);

/** Grafana's name of the column's field. */
function fieldName(column: { field: string }, queries: number): string {
  if (!isQuery(column.field)) return column.field;
  return queries > 1 ? `Value #${column.field}` : "Value";
}

/** A missing figure, such as the Wi-Fi signal of a wired connection, is neither good nor bad. */
const blank: dashboard.SpecialValueMap = {
  type: dashboard.MappingType.SpecialValue,
  options: { match: dashboard.SpecialValueMatch.NullAndNan, result: { text: "–", color: "text" } },
};

function overrides(column: Column): dashboard.DynamicConfigValue[] {
  const properties: dashboard.DynamicConfigValue[] = [{ id: "displayName", value: column.title }];
  const set = (id: string, value: unknown): void => void properties.push({ id, value });

  if (column.hidden) {
    set("custom.hidden", true); // up to Grafana 12
    set("custom.hideFrom", { viz: true, legend: false, tooltip: false });
  }
  if (column.width !== undefined) set("custom.width", column.width);
  if (!isQuery(column.field)) set("unit", "string"); // or a meeting's number becomes 90.0 Bil
  else if (column.unit !== undefined) set("unit", column.unit);
  if (column.decimals !== undefined) set("decimals", column.decimals);
  if (column.links !== undefined) set("links", column.links);
  if (column.empty !== undefined) set("mappings", mappings({ "": { text: column.empty, color: "text" } }));
  set("noValue", "–"); // the panel's text is for tables without rows
  if (isQuery(column.field)) {
    set("mappings", [...(column.names === undefined ? [] : mappings(column.names)), blank]);
  }
  if (column.steps !== undefined) {
    set("color", { mode: "thresholds" });
    set("thresholds", { mode: "absolute", steps: column.steps });
    set("custom.displayMode", column.filled ? "color-background-solid" : "color-text"); // up to Grafana 9.4
    set("custom.cellOptions", column.filled ? { type: "color-background", mode: "basic" } : { type: "color-text" });
  }
  return properties;
}

/** A table of the worst rows, merged from several queries. */
export function table(o: TableOptions): Table {
  const names = o.columns.map((column) => fieldName(column, o.queries.length));
  const panel = new Table()
    .id(o.id).title(o.title).description(o.description).unit("short")
    .span(o.width).height(o.height)
    .datasource(datasource)
    .targets(o.queries.map((query, i) => target(query, i, true)))
    .thresholds(thresholds(plain))
    .noValue(o.noValue ?? nothing)
    .showHeader(true)
    .cellHeight(common.TableCellHeight.Sm)
    .footer(new common.TableFooterOptionsBuilder().show(false).reducer([]).countRows(false))
    .filterable(false)
    .align(common.FieldTextAlignment.Auto)
    .sortBy([])
    .withTransformation({ id: "merge", options: {} })
    .withTransformation({ id: "filterFieldsByName", options: { include: { names } } })
    .withTransformation({
      id: "filterByValue",
      options: {
        type: "include", match: "any",
        filters: [{ fieldName: fieldName({ field: o.worst }, o.queries.length), config: { id: "isNotNull", options: {} } }],
      },
    })
    .withTransformation({ id: "sortBy", options: { fields: {}, sort: [{ field: fieldName({ field: o.worst }, o.queries.length), desc: true }] } })
    .withTransformation({ id: "limit", options: { limitField: o.rows } })
    .withTransformation({
      id: "organize",
      options: { excludeByName: {}, renameByName: {}, indexByName: Object.fromEntries(names.map((name, i) => [name, i])) },
    });
  o.columns.forEach((column, i) => panel.overrideByName(names[i]!, overrides(column)));
  return panel;
}
