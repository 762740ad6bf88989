// Pieces of PromQL that the dashboards share.
//
// Two Prometheus servers or two replicas hold the same series twice, with other
// job and instance labels: every selector is aggregated to the labels that are
// used before anything else is done with it.

/** The account matcher, which every query has. */
export const account = 'account=~"$account"';

/**
 * What /metrics shows, without what probes saw: where people are counted, who
 * is probed must not weigh more. Where single people are looked at, both do.
 */
export const unprobed = 'probe=""';

/** The labels that tell streams of participants apart. */
export const stream = "account, meeting, participant, media, direction";

/** The labels that tell participants apart. */
export const person = "account, meeting, participant";

/** What counters may be broken down by; those that are not configured are empty. */
export const dimensions = ["site", "network_type", "os", "client_version", "data_center", "location", "department"];

const counted = `account, kind, ${dimensions.join(", ")}`;
const countedStream = `${counted}, media, direction`;

/** A selector with the account matcher and others. */
export function select(metric: string, ...matchers: string[]): string {
  return `${metric}{${[account, ...matchers.filter((m) => m !== "")].join(", ")}}`;
}

/** One series for each of the labels, whoever scraped it. */
export function only(labels: string, metric: string, ...matchers: string[]): string {
  return `max by (${labels}) (${select(metric, ...matchers)})`;
}

/** How a counter is read: as a rate at each step, or as an increase over the time range. */
export type Reading = "rate" | "range";

function grown(metric: string, how: Reading, matchers: string[], offset = ""): string {
  const selector = select(metric, ...matchers);
  return how === "rate" ? `rate(${selector}[$__rate_interval]${offset})` : `increase(${selector}[$__range]${offset})`;
}

/** A counter of the exporter's own doing, summed over replicas. */
export function own(by: string, metric: string, how: Reading, ...matchers: string[]): string {
  return `sum by (${by}) (${grown(metric, how, matchers)})`;
}

/** A counter of what the account's people had, which replicas count alike. */
export function readings(by: string, how: Reading, ...matchers: string[]): string {
  return alike(by, "zoom_qos_readings_total", "verdict", how, matchers);
}

/** Sessions that ended, by the verdict of their averages. */
export function sessions(by: string, how: Reading, ...matchers: string[]): string {
  return alike(by, "zoom_qos_sessions_total", "verdict", how, matchers);
}

/** A quantile of a histogram of readings. */
export function quantile(q: number, by: string, metric: string, how: Reading, ...matchers: string[]): string {
  const labels = ["le", ...(by === "" ? [] : [by])].join(", ");
  return `histogram_quantile(${q}, ${alike(labels, `${metric}_bucket`, "le", how, matchers)})`;
}

/** A quantile of how long sessions were. */
export function sessionQuantile(q: number, ...matchers: string[]): string {
  const lengths = grown("zoom_qos_session_duration_seconds_bucket", "rate", matchers);
  return `histogram_quantile(${q}, sum by (le) (max by (${counted}, le) (${lengths})))`;
}

/** The readings of a day or week around each step, at the step that the query asks for. */
export function readingsAt(by: string, offset: string, ...matchers: string[]): string {
  return alike(by, "zoom_qos_readings_total", "verdict", "rate", matchers, ` offset ${offset}`);
}

function alike(by: string, metric: string, label: string, how: Reading, matchers: string[], offset = ""): string {
  const counter = grown(metric, how, matchers, offset);
  return `sum by (${by}) (max by (${countedStream}, ${label}) (${counter}))`;
}

/** part/whole where there is a whole. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** The verdicts that people complain about. */
export const poor = 'verdict=~"poor|bad"';

/** The share of readings that are poor or bad. */
export function poorShare(by: string, how: Reading, ...matchers: string[]): string {
  return ratio(readings(by, how, poor, ...matchers), readings(by, how, ...matchers));
}

/** A label of its own from the first of others that is not empty; the last resort comes first. */
export function fallback(expr: string, label: string, ...sources: string[]): string {
  return sources.reduce((inner, source) => `label_replace(${inner}, "${label}", "$1", "${source}", "(.+)")`, expr);
}

/** A label for people to read: no value has words of its own. */
export function spoken(expr: string, label: string, source: string, none: string): string {
  return fallback(`label_replace(${expr}, "${label}", "${none}", "", "")`, label, source);
}

/**
 * Facts of participants, exactly one series each: while one replica knows of a
 * change that the other does not, there would be two.
 */
export function people(labels: string[], ...matchers: string[]): string {
  const all = [person, ...labels].join(", ");
  return `topk by (${person}) (1, ${only(all, "zoom_participant_info", ...matchers)})`;
}

/** The newest of what was there at any time of the time range. */
export function during(expr: string): string {
  return expr.replace(/zoom_\w+\{[^}]*\}/, (selector) => `last_over_time(${selector}[$__range])`);
}

/** The ten participants whose figure was worst at any time of the time range, so that lines do not come and go. */
export function tenWorst(metric: string, ...matchers: string[]): string {
  return `topk(10, max by (${person}) (max_over_time(${select(metric, ...matchers)}[$__range] @ end())))`;
}

/** The same with the best name that privacy allows in the label `name`. */
export function named(labels: string[], ...matchers: string[]): string {
  const all = [...new Set([...labels, "user", "email", "user_name"])];
  return fallback(people(all, ...matchers), "name", "participant", "user", "email", "user_name");
}

/** Live meetings, exactly one series each, with the best name that privacy allows in the label `name`. */
export function meetings(labels: string[], ...matchers: string[]): string {
  const all = ["account", "meeting", ...new Set([...labels, "kind", "meeting_id", "topic"])].join(", ");
  const info = `topk by (account, meeting) (1, ${only(all, "zoom_meeting_info", ...matchers)})`;
  return fallback(info, "name", "meeting", "meeting_id", "topic");
}

/** The readings of live meetings' last minutes. */
export function recent(by: string, ...matchers: string[]): string {
  return `sum by (${by}) (${only("account, meeting, media, direction, verdict", "zoom_meeting_recent_readings", ...matchers)})`;
}
