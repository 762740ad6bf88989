import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";

/** The definition of a dashboard. */
export interface Definition {
  /** The last part of the uid, and the name of the file. */
  name: string;
  title: string;
  description: string;
  from: string;
  refresh: string;
  variables: Builder<dashboard.VariableModel>[];
  panels: (Builder<dashboard.Panel> | Row)[];
}

/** A heading above panels. */
export interface Row {
  id: number;
  heading: string;
}

/**
 * The schema of Grafana 9.4, which does not support later ones. Later versions of
 * Grafana migrate it when they load the dashboard.
 */
const schemaVersion = 37;

const tag = "zoom-qos";

/** Returns the dashboard in Grafana's classic JSON model. */
export function make(d: Definition): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(`Zoom / ${d.title}`)
    .uid(`zoom-qos-${d.name}`)
    .description(d.description)
    .tags([tag])
    .timezone("browser")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: d.from, to: "now" })
    .refresh(d.refresh)
    .editable()
    .variables(d.variables)
    .link(
      new dashboard.DashboardLinkBuilder("Zoom dashboards")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([tag]).asDropdown(true).includeVars(true).keepTime(true)
        .icon("external link"),
    );
  for (const panel of d.panels) {
    if ("heading" in panel) builder.withRow(new dashboard.RowBuilder(panel.heading).id(panel.id));
    else builder.withPanel(panel);
  }
  const made = builder.build();
  made.schemaVersion = schemaVersion;
  for (const link of made.links ?? []) delete link.placement; // the SDK hides links in a menu
  for (const variable of made.templating.list ?? []) {
    for (const ofIntervals of ["auto", "auto_min", "auto_count"] as const) delete variable[ofIntervals];
  }
  check(d.name, made);
  return made;
}

function check(name: string, made: dashboard.Dashboard): void {
  const seen = new Set<number>();
  for (const panel of made.panels ?? []) {
    const id = panel.id;
    if (id === undefined || seen.has(id)) throw new Error(`${name}: "${panel.title}" needs a unique id, not ${id}`);
    seen.add(id);
  }
}
