import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";

import { account as accountMatcher, during, fallback, names, person } from "./promql.js";
import { datasource as chosen } from "./panels.js";

type Variable = Builder<dashboard.VariableModel>;

const all: dashboard.VariableOption = { selected: true, text: ["All"], value: ["$__all"] };

function query(name: string, label: string, expr: string, regex = ""): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(chosen)
    .query({ query: expr, refId: "PrometheusVariableQueryEditor-VariableQuery" })
    .regex(regex)
    .sort(dashboard.VariableSort.AlphabeticalCaseInsensitiveAsc)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged);
}

/** Any number of values. All includes series without the label. */
function several(name: string, label: string, expr: string): Variable {
  return query(name, label, expr).multi(true).includeAll(true).allValue(".*").current(all);
}

function choice(name: string, label: string, values: string[]): dashboard.CustomVariableBuilder {
  return new dashboard.CustomVariableBuilder(name).label(label).values(values.join(","));
}

function options(values: string[], selected: string[]): dashboard.VariableOption[] {
  return values.map((value) => ({ selected: selected.includes(value), text: value, value }));
}

/** Any number of fixed values. */
function subset(name: string, label: string, values: string[], selected: string[]): Variable {
  return choice(name, label, values)
    .multi(true)
    .options(options(values, selected))
    .current({ selected: true, text: selected, value: selected });
}

export const datasource: Variable = new dashboard.DatasourceVariableBuilder("datasource")
  .label("Data source")
  .type("prometheus");

export const account: Variable = several("account", "Account", "label_values(zoom_account_up, account)");

export const kind: Variable = choice("kind", "Kind", ["meeting", "webinar"])
  .multi(true)
  .includeAll(true)
  .options([{ ...all, text: "All", value: "$__all" }, ...options(["meeting", "webinar"], [])])
  .current(all);

export const site: Variable = several("site", "Site", `label_values(zoom_qos_readings_total{${accountMatcher}}, site)`);

export const network: Variable = several("network", "Network", `label_values(zoom_qos_readings_total{${accountMatcher}}, network_type)`);

export const media = subset("media", "Media", ["audio", "video", "share"], ["audio", "video", "share"]);

export const direction = subset("direction", "Direction", ["sent", "received"], ["sent", "received"]);

/** The verdicts that count as good in a service level. */
export const good = subset("good", "Good means", ["good", "fair"], ["good", "fair"]);

/** One of the labels by which readings can be broken down. */
export function dimension(values: string[]): Variable {
  const [first] = values as [string];
  return choice("by", "Break down by", values)
    .options(options(values, [first]))
    .current({ selected: true, text: first, value: first });
}

/**
 * The window for counted readings in minutes: at least three polls and at least
 * five minutes, because readings arrive in one batch per poll.
 */
export const window: Variable = query(
  "window", "Window",
  `query_result(clamp_min(ceil(max(zoom_poll_interval_seconds{${accountMatcher}}) / 20), 5) or vector(5))`,
  "/} ([0-9]+) /",
)
  .hide(dashboard.VariableHide.HideVariable)
  .current({ selected: true, text: "5", value: "5" });

// Meetings and people of the time range can be selected even if they have ended or
// left. The text is the name, the value is the id.

/** One meeting by its UUID. */
export function meeting(label: string, kinds: string): Variable {
  const info = `last_over_time(zoom_meeting_info{${accountMatcher}, ${kinds}}[$__range])`;
  const name = fallback(`max by (meeting, meeting_id, topic) (${info})`, "name", "meeting", "meeting_id", "topic");
  return query("meeting", label, `query_result(max by (meeting, name) (${name}))`, byName("meeting"));
}

/** One person over rejoins and meetings. */
export const user: Variable = (() => {
  const there = `zoom_participant_network_info{${accountMatcher}, site=~"$site"}`;
  const info = during(`zoom_participant_info{${accountMatcher}, user!=""} and on (${person}) ${there}`);
  const name = fallback(`max by (user, email, user_name) (${info})`, "name", ...names);
  return query("user", "Person", `query_result(max by (user, name) (${name}))`, byName("user"));
})();

const theirs = `zoom_participant_info{${accountMatcher}, user="$user"}`;

/** The person's meetings. */
export const userMeeting = query("meeting", "Meeting", `label_values(${theirs}, meeting)`)
  .multi(true).includeAll(true).current(all);

/** The person's joins in them. */
export const userJoin = query("participant", "Join", `label_values(${theirs.replace("}", ', meeting=~"$meeting"}')}, participant)`)
  .multi(true).includeAll(true).current(all);

/** Extracts the value and the text from a series as Grafana formats it, with sorted labels. */
function byName(value: "meeting" | "user"): string {
  return value < "name"
    ? `/${value}="(?<value>[^"]*)",\\s*name="(?<text>.*)"}/`
    : `/name="(?<text>.*)",\\s*${value}="(?<value>[^"]*)"}/`;
}

/** Any number of webinars. */
export const webinars: Variable = (() => {
  const info = `last_over_time(zoom_meeting_info{${accountMatcher}, kind="webinar"}[$__range])`;
  const name = fallback(`max by (meeting, meeting_id, topic) (${info})`, "name", "meeting", "meeting_id", "topic");
  return query("meeting", "Webinar", `query_result(max by (meeting, name) (${name}))`, byName("meeting"))
    .multi(true).includeAll(true).current(all); // All is a list, which excludes meetings
})();

/** The service level objective: the share of good readings. */
export function aim(level: number): Variable {
  const values = [...new Set([level, 0.9, 0.95, 0.98, 0.99, 0.995])].sort().map(String);
  return choice("aim", "Objective", values)
    .options(options(values, [String(level)]))
    .current({ selected: true, text: String(level), value: String(level) });
}
