import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";

/** What every dashboard is made of. */
export interface Definition {
  /** The end of its uid, which is its file's name too. */
  name: string;
  title: string;
  description: string;
  from: string;
  refresh: string;
  variables: Builder<dashboard.VariableModel>[];
  panels: (Builder<dashboard.Panel> | Row)[];
}

/** A heading over panels. */
export interface Row {
  id: number;
  heading: string;
}

/**
 * The schema of Grafana 9.4: it does not know a later one, and every later
 * Grafana brings it up to its own when it loads.
 */
const schemaVersion = 37;

const tag = "zoom-qos";

/** A dashboard as Grafana's classic JSON. */
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
    if (id === undefined || seen.has(id)) throw new Error(`${name}: "${panel.title}" needs an id of its own, not ${id}`);
    seen.add(id);
  }
}
