import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";

import type { Link } from "./links.js";
import { plain, type Steps, verdictColours } from "./steps.js";

/** The selected Prometheus. */
export const datasource: common.DataSourceRef = { type: "prometheus", uid: "${datasource}" };

/** One query of a panel. */
export interface Query {
  expr: string;
  legend?: string;
  /** The current value, or one value for the whole time range. */
  instant?: boolean;
  /**
   * The minimum step, which is also the minimum window of a rate. Counted readings
   * arrive in one batch per poll; `window` includes at least three polls.
   */
  step?: string | undefined;
}

/** The minimum step for counted readings. */
export const window = "${window}m";

/** Options of every panel. */
export interface Basics {
  /** Must never change: links and alerts refer to panels by it. */
  id: number;
  title: string;
  description: string;
  unit: string;
  width: number;
  height: number;
  queries: Query[];
  steps?: Steps;
  decimals?: number;
  min?: number;
  max?: number;
  links?: Link[];
  noValue?: string;
  /** Names of values, such as "up" for 1. */
  names?: Record<string, { text: string; color: string }>;
}

/** Texts of panels without data. */
export const nothing = "No data in this time range";
export const nobody = "Nobody is in a meeting";
export const noPeople = "No series of participants: nobody is in a meeting, or the exporter exposes none";
export const noReadings = "No readings have been counted yet";

type AnyPanel = TimeSeries | Stat | BarGauge;

export function target(query: Query, index: number, table = false): DataqueryBuilder {
  const built = new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(datasource)
    .expr(query.expr)
    .legendFormat(query.legend ?? "__auto")
    .format(table ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
  if (query.step !== undefined) built.interval(query.step);
  return query.instant || table ? built.instant() : built.range();
}

export function thresholds(steps: Steps): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

export function mappings(names: Basics["names"]): dashboard.ValueMap[] {
  return [{ type: dashboard.MappingType.ValueToText, options: names ?? {} }];
}

/** The SDK's links have a dozen fields that data links do not have. */
export function dataLinks(links: Link[]): Builder<dashboard.DashboardLink>[] {
  return links.map((link) => ({ build: () => ({ ...link }) as dashboard.DashboardLink }));
}

function finish<P extends AnyPanel>(panel: P, o: Basics): P {
  panel
    .id(o.id).title(o.title).description(o.description).unit(o.unit)
    .span(o.width).height(o.height)
    .datasource(datasource)
    .targets(o.queries.map((query, i) => target(query, i)))
    .thresholds(thresholds(o.steps ?? plain))
    .noValue(o.noValue ?? nothing);
  if (o.decimals !== undefined) panel.decimals(o.decimals);
  else if (o.unit === "percentunit") panel.decimals(1);
  if (o.min !== undefined) panel.min(o.min);
  if (o.max !== undefined) panel.max(o.max);
  if (o.links !== undefined) panel.dataLinks(dataLinks(o.links));
  if (o.names !== undefined) panel.mappings(mappings(o.names));
  return panel;
}

function colour(mode: dashboard.FieldColorModeId): dashboard.FieldColorBuilder {
  return new dashboard.FieldColorBuilder().mode(mode);
}

const last = new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false);

/** A stat panel: one number, or a few side by side. */
export interface Numbers extends Basics {
  /** Draw the history in the background. */
  sparkline?: boolean;
  /** Show the series' names, too, or only them. */
  text?: "both" | "name";
}

export function stat(o: Numbers): Stat {
  const texts = { both: common.BigValueTextMode.ValueAndName, name: common.BigValueTextMode.Name };
  return finish(new Stat(), o)
    .colorScheme(colour(dashboard.FieldColorModeId.Thresholds))
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(o.sparkline ? common.BigValueGraphMode.Area : common.BigValueGraphMode.None)
    .textMode(o.text === undefined ? common.BigValueTextMode.Value : texts[o.text])
    .orientation(common.VizOrientation.Auto)
    .reduceOptions(last);
}

/** One bar for each series; keep the number of series small. */
export function bars(o: Basics): BarGauge {
  return finish(new BarGauge(), o)
    .colorScheme(colour(dashboard.FieldColorModeId.Thresholds))
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .orientation(common.VizOrientation.Horizontal)
    .showUnfilled(true)
    .minVizWidth(8)
    .minVizHeight(16)
    .valueMode(common.BarGaugeValueMode.Color)
    .text(new common.VizTextDisplayOptionsBuilder().valueSize(16))
    .reduceOptions(last);
}

/** A time series panel. */
export interface Lines extends Basics {
  /** Stack, as parts of a whole or as counts. */
  stacked?: boolean;
  draw?: "lines" | "bars";
  /** Draw the thresholds as lines. */
  limits?: boolean;
  legend?: "bottom" | "right";
  softMax?: number;
  /** Colours of series that are limits or objectives, drawn as thin dashed lines. */
  dashed?: Record<string, string>;
  /** Colours of series by their name. */
  colours?: Record<string, string>;
}

export function lines(o: Lines): TimeSeries {
  const right = o.legend === "right";
  const panel = finish(new TimeSeries(), o)
    .colorScheme(colour(dashboard.FieldColorModeId.PaletteClassic))
    .drawStyle(o.draw === "bars" ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .lineWidth(o.stacked ? 0 : o.draw === "bars" ? 1 : 2)
    .fillOpacity(o.stacked || o.draw === "bars" ? 70 : 0)
    .showPoints(common.VisibilityMode.Auto)
    .pointSize(4)
    // Figures every ten minutes are still one line; a gap of an hour is a gap.
    .spanNulls(3_600_000)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(right ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
        .placement(right ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .calcs(right ? ["lastNotNull", "max"] : []),
    );
  if (o.unit !== "dBm") panel.axisSoftMin(0);
  if (o.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
  if (o.softMax !== undefined) panel.axisSoftMax(o.softMax);
  if (o.limits) panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  for (const [name, color] of Object.entries(o.colours ?? {})) {
    panel.overrideByName(name, [{ id: "color", value: { mode: "fixed", fixedColor: color } }]);
  }
  for (const [name, color] of Object.entries(o.dashed ?? {})) {
    panel.overrideByName(name, [
      { id: "color", value: { mode: "fixed", fixedColor: color } },
      { id: "custom.drawStyle", value: "line" },
      { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
      { id: "custom.lineWidth", value: 1 },
      { id: "custom.fillOpacity", value: 0 },
      { id: "custom.stacking", value: { mode: "none", group: "limit" } },
    ]);
  }
  return panel;
}

/**
 * The shares of readings that are not good, worst at the bottom. Good readings
 * would fill nearly the whole panel and hide the others.
 */
export function notGood(
  o: Pick<Lines, "id" | "width" | "height" | "noValue"> & { whose: string; title?: string; step?: string; share: (matcher: string) => string },
): TimeSeries {
  return lines({
    id: o.id, width: o.width, height: o.height, noValue: o.noValue,
    title: o.title ?? "Readings that are not good",
    description: `Shares of ${o.whose} that are fair, poor and bad; the rest is good.`,
    unit: "percentunit", decimals: 1, min: 0, softMax: 0.1, stacked: true, colours: verdictColours,
    queries: ["bad", "poor", "fair"].map((verdict) => ({ expr: o.share(`verdict="${verdict}"`), legend: verdict, step: o.step })),
  });
}
