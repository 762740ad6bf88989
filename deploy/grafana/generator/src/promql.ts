// PromQL expressions that the dashboards share.
//
// With two Prometheus servers or two replicas there are duplicate series with
// different job and instance labels. So every selector is aggregated to the labels
// that are needed before anything else.

/** The account matcher of every query. */
export const account = 'account=~"$account"';

/** The labels that identify a participant's stream. */
export const stream = "account, meeting, participant, media, direction";

/** The labels that identify a participant. */
export const person = "account, meeting, participant";

/** The labels by which counters can be broken down; those that are not configured are empty. */
export const dimensions = ["site", "network_type", "os", "client_version", "data_center", "location", "department"];

const counted = `account, kind, ${dimensions.join(", ")}`;
const countedStream = `${counted}, media, direction`;

/** A selector with the account matcher and others. */
export function select(metric: string, ...matchers: string[]): string {
  return `${metric}{${[account, ...matchers.filter((m) => m !== "")].join(", ")}}`;
}

/** One series for each set of labels, regardless of job and instance. */
export function only(labels: string, metric: string, ...matchers: string[]): string {
  return `max by (${labels}) (${select(metric, ...matchers)})`;
}

/** How to evaluate a counter: as a rate at each step, or as an increase over the time range. */
export type Reading = "rate" | "range";

function grown(metric: string, how: Reading, matchers: string[], offset = ""): string {
  const selector = select(metric, ...matchers);
  return how === "rate" ? `rate(${selector}[$__rate_interval]${offset})` : `increase(${selector}[$__range]${offset})`;
}

/** A counter of the exporter's own activity, summed over replicas. */
export function own(by: string, metric: string, how: Reading, ...matchers: string[]): string {
  return `sum by (${by}) (${grown(metric, how, matchers)})`;
}

/** Readings, which all replicas count. */
export function readings(by: string, how: Reading, ...matchers: string[]): string {
  return alike(by, "zoom_qos_readings_total", "verdict", how, matchers);
}

/** Ended sessions, by the verdict of their averages. */
export function sessions(by: string, how: Reading, ...matchers: string[]): string {
  return alike(by, "zoom_qos_sessions_total", "verdict", how, matchers);
}

/** A quantile of a histogram of readings. */
export function quantile(q: number, by: string, metric: string, how: Reading, ...matchers: string[]): string {
  const labels = ["le", ...(by === "" ? [] : [by])].join(", ");
  return `histogram_quantile(${q}, ${alike(labels, `${metric}_bucket`, "le", how, matchers)})`;
}

/** A quantile of the duration of sessions. */
export function sessionQuantile(q: number, ...matchers: string[]): string {
  const lengths = grown("zoom_qos_session_duration_seconds_bucket", "rate", matchers);
  return `histogram_quantile(${q}, sum by (le) (max by (${counted}, le) (${lengths})))`;
}

/** The readings of a day or week around each step of the query. */
export function readingsAt(by: string, offset: string, ...matchers: string[]): string {
  return alike(by, "zoom_qos_readings_total", "verdict", "rate", matchers, ` offset ${offset}`);
}

function alike(by: string, metric: string, label: string, how: Reading, matchers: string[], offset = ""): string {
  const counter = grown(metric, how, matchers, offset);
  return `sum by (${by}) (max by (${countedStream}, ${label}) (${counter}))`;
}

/** part / whole if whole is positive. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** The verdicts that degrade a meeting. */
export const poor = 'verdict=~"poor|bad"';

/** The share of readings that are poor or bad. */
export function poorShare(by: string, how: Reading, ...matchers: string[]): string {
  return ratio(readings(by, how, poor, ...matchers), readings(by, how, ...matchers));
}

/** Sets the label to the last of the sources that is not empty. */
export function fallback(expr: string, label: string, ...sources: string[]): string {
  return sources.reduce((inner, source) => `label_replace(${inner}, "${label}", "$1", "${source}", "(.+)")`, expr);
}

/** Sets a label for legends, with a text for series without the source label. */
export function spoken(expr: string, label: string, source: string, none: string): string {
  return fallback(`label_replace(${expr}, "${label}", "${none}", "", "")`, label, source);
}

/** The labels that can name a person, the best one last. */
export const names = ["user", "email", "user_name"];

/**
 * The info labels of participants by their series, all three of which every participant
 * has. The label `name` is the best name that the privacy settings allow.
 */
const infos = {
  zoom_participant_info: ["name", "user", "role"],
  zoom_participant_device_info: ["device", "os", "os_version", "client", "client_version", "pc_name", "domain"],
  zoom_participant_network_info: [
    "site", "network_type", "connection_type", "data_center", "location", "ip_address", "internal_ip_address",
  ],
} as const;

type Info = keyof typeof infos;

/** An info label of participants. */
export type Fact = (typeof infos)[Info][number];

/**
 * Labels of one of the info series of participants, exactly one series each: replicas
 * may disagree for a while, which would yield two.
 */
export function people(metric: Info, facts: Fact[], ...matchers: string[]): string {
  const named = facts.includes("name");
  const labels = new Set([...facts.filter((fact) => fact !== "name"), ...(named ? names : [])]);
  const info = `topk by (${person}) (1, ${only([person, ...labels].join(", "), metric, ...matchers)})`;
  return named ? fallback(info, "name", "participant", ...names) : info;
}

/** Adds info labels to series of participants, from whichever info series have them. */
export function withInfo(expr: string, facts: Fact[], ...matchers: string[]): string {
  return (Object.keys(infos) as Info[]).reduce((series, metric) => {
    const wanted = infos[metric].filter((fact) => facts.includes(fact));
    if (wanted.length === 0) return series;
    return `${series} * on (${person}) group_left (${wanted.join(", ")}) ${people(metric, wanted, ...matchers)}`;
  }, expr);
}

/** The newest samples of all series in the time range. */
export function during(expr: string): string {
  return expr.replace(/zoom_\w+\{[^}]*\}/g, (selector) => `last_over_time(${selector}[$__range])`);
}

/** The ten participants with the worst figure at any time in the time range, so that lines do not come and go. */
export function tenWorst(metric: string, ...matchers: string[]): string {
  return `topk(10, max by (${person}) (max_over_time(${select(metric, ...matchers)}[$__range] @ end())))`;
}

/** Live meetings, exactly one series each, with the best name that the privacy settings allow in the label `name`. */
export function meetings(labels: string[], ...matchers: string[]): string {
  const all = ["account", "meeting", ...new Set([...labels, "kind", "meeting_id", "topic"])].join(", ");
  const info = `topk by (account, meeting) (1, ${only(all, "zoom_meeting_info", ...matchers)})`;
  return fallback(info, "name", "meeting", "meeting_id", "topic");
}

/** The recent readings of the people in live meetings. */
export function recent(by: string, ...matchers: string[]): string {
  return `sum by (${by}) (${only("account, meeting, media, verdict", "zoom_meeting_recent_readings", ...matchers)})`;
}

/** The people at sites who are in a meeting. */
export function present(by: string, ...matchers: string[]): string {
  return `sum by (${by}) (${only("account, meeting, site", "zoom_meeting_site_participants", ...matchers)})`;
}

/** The degraded people of live meetings by medium; nothing where there are none. */
export function degradedIn(by: string, ...matchers: string[]): string {
  return `sum by (${by}) (${only("account, meeting, media, site", "zoom_meeting_degraded_participants", ...matchers)})`;
}

/** The degraded people of live meetings, in the medium in which most of them are. */
export function degraded(by: string, ...matchers: string[]): string {
  return `max by (${by}) (${degradedIn(`${by}, media`, ...matchers)})`;
}

/** The people in live meetings of a kind at sites. */
export function peopleAt(by: string, kind: string, site: string): string {
  const people = only("account, meeting, site", "zoom_meeting_site_participants", site);
  return `sum by (${by}) (${people} * on (account, meeting) group_left (kind) ${only("account, meeting, kind", "zoom_meeting_info", kind)})`;
}
