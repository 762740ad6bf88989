import type { Definition } from "../dashboard.js";
import { bars, lines, stat, window } from "../panels.js";
import { only, own, select } from "../promql.js";
import { high, low, never, none, plain, up } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { toExporter, row } from "../links.js";

const absent = "No exporter is scraped for this account";
const nobody = "No live meetings";
const noLimit = "No daily limit, or no exporter";

// The pools of the daily limits; the Free plan has two.
const daily = 'pool=~".*per_day"';

/** A metric of the process, for the instances with the account. */
const process = (metric: string) => `${metric} and on (job, instance) ${select("zoom_account_up")}`;

/** Is the data complete, and will the day's requests last? */
export function exporter(t: Thresholds): Definition {
  return {
    name: "exporter",
    title: "Exporter and budget",
    description: "Is the data complete and fresh, and will the day's requests to Zoom last?",
    from: "now-12h",
    refresh: "1m",
    variables: [variables.datasource, variables.account, variables.window],
    panels: [...headline(t), accounts(t), ...budget(t), ...data(t), ...requests(), ...itself()],
  };
}

const limit = only("account, pool", "zoom_budget_limit_requests", daily);
const reserved = only("account, pool", "zoom_budget_reserved_requests", daily);
const remaining = `min by (account, pool) (${select("zoom_budget_remaining_requests", daily)})`;
const reset = only("account, pool", "zoom_budget_reset_timestamp_seconds", daily);
const polled = only("account, meeting", "zoom_meeting_polled_timestamp_seconds");
const interval = only("account", "zoom_poll_interval_seconds");

/** The share of participants' time that is known to be lost. */
const lostShare = (by: string) => {
  const lost = `sum by (${by}) (max by (account, reason) (increase(zoom_participant_lost_seconds_total{account=~"$account"}[$__range])))`;
  const counted = `sum by (${by}) (max by (account) (increase(zoom_participant_counted_seconds_total{account=~"$account"}[$__range])))`;
  return `${lost} / (${lost} + ${counted} > 0)`;
};

function headline(t: Thresholds) {
  return [
    stat({
      id: 1, width: 4, height: 4, title: "Collection", unit: "short",
      description: "Whether Zoom's API answers requests for tokens and live lists for every selected account.",
      steps: up, noValue: absent, names: { 0: { text: "failing", color: "red" }, 1: { text: "working", color: "green" } },
      queries: [{ expr: `min(${only("account", "zoom_account_up")})`, legend: "collection" }],
    }),
    stat({
      id: 2, width: 4, height: 4, title: "Requests left today", unit: "percentunit", decimals: 0, sparkline: true,
      description: "Remaining part of the exporter's share of the day's requests, for the account with the smallest.",
      steps: high(t.budgetRemaining, 5 * t.budgetRemaining), noValue: noLimit,
      queries: [{ expr: `min(${remaining} / (${limit} - ${reserved} > 0))`, legend: "left" }],
    }),
    stat({
      id: 3, width: 4, height: 4, title: "Poll interval", unit: "s", decimals: 0, sparkline: true,
      description: "Interval at which the day's remaining requests allow the exporter to poll every live meeting; at least 60 s.",
      steps: low(t.pollInterval), noValue: absent,
      queries: [{ expr: `max(${interval})`, legend: "interval" }],
    }),
    stat({
      id: 4, width: 4, height: 4, title: "Coverage", unit: "percentunit", decimals: 0, sparkline: true,
      description: "Share of live participants whose figures are not older than two poll intervals.",
      steps: high(t.coverage, 0.9), noValue: nobody,
      queries: [{ expr: `min(${only("account", "zoom_poll_coverage_ratio")})`, legend: "coverage" }],
    }),
    stat({
      id: 5, width: 4, height: 4, title: "Minutes lost", unit: "percentunit", decimals: 2,
      description: "Share of participants' time in this time range that is known to be lost.",
      steps: low(t.lost), noValue: "No readings have been counted yet",
      queries: [{ expr: lostShare(""), legend: "lost", instant: true }],
    }),
    stat({
      id: 6, width: 4, height: 4, title: "Failed requests", unit: "percentunit", decimals: 1,
      description: "Share of requests in this time range without a usable answer. Answers that a meeting has ended do not count as failures.",
      steps: low(t.requestFailures), noValue: "No requests yet",
      queries: [{
        expr: `${own("", "zoom_api_request_failures_total", "range", 'reason!="not_live"')} / (${own("", "zoom_api_requests_total", "range")} > 0)`,
        legend: "failed", instant: true,
      }],
    }),
  ];
}

function accounts(t: Thresholds) {
  return table({
    id: 7, width: 12, height: 8, title: "Accounts",
    description: "For each account: whether Zoom answers, the requests left today, the poll interval, and how complete the figures are.",
    worst: "D", rows: 100, noValue: absent,
    queries: [
      { expr: only("account", "zoom_account_up") },
      { expr: `min by (account) (${remaining} / (${limit} - ${reserved} > 0))` },
      { expr: interval },
      { expr: `1 - ${only("account", "zoom_account_up")} + 0.001 * ${interval}` },
      { expr: only("account", "zoom_poll_coverage_ratio") },
      { expr: `quantile by (account) (0.95, time() - ${polled})` },
      { expr: `sum by (account) (${only("account, kind", "zoom_live_participants")})` },
    ],
    columns: [
      { field: "account", title: "Account", links: [toExporter(row)] },
      { field: "A", title: "Collection", width: 90, steps: up, names: { 0: { text: "failing", color: "red" }, 1: { text: "working", color: "green" } } },
      { field: "B", title: "Left today", width: 90, unit: "percentunit", decimals: 0, steps: high(t.budgetRemaining, 5 * t.budgetRemaining) },
      { field: "C", title: "Interval", width: 80, unit: "s", decimals: 0, steps: low(t.pollInterval) },
      { field: "E", title: "Coverage", width: 85, unit: "percentunit", decimals: 0, steps: high(t.coverage, 0.9) },
      { field: "F", title: "Age, p95", width: 90, unit: "s", decimals: 0, steps: low(2 * t.pollInterval) },
      { field: "G", title: "People", width: 75, unit: "locale", decimals: 0 },
      { field: "D", title: "Worst", hidden: true },
    ],
  });
}

function budget(t: Thresholds) {
  return [
    lines({
      id: 8, width: 12, height: 8, title: "The day's requests",
      description: "Remaining requests of the exporter for the day. The even pace would spend them evenly until the end of the day; the plan saves some for the busiest hours.",
      unit: "short", min: 0, steps: plain, noValue: noLimit, dashed: { "even pace": "text", "other apps": "orange", "reserved for other apps": "purple" },
      queries: [
        { expr: `sum(${remaining})`, legend: "left" },
        { expr: `sum((${limit} - ${reserved}) * clamp_max(clamp_min(${reset} - time(), 0) / 86400, 1))`, legend: "even pace" },
        { expr: `sum(${only("account, pool", "zoom_budget_foreign_requests", daily)})`, legend: "other apps" },
        { expr: `sum(${reserved})`, legend: "reserved for other apps" },
      ],
    }),
    lines({
      id: 9, width: 8, height: 8, title: "Age and interval",
      description: "Age of Zoom's latest answers about live meetings, and the poll interval that the budget allows.",
      unit: "s", min: 0, steps: low(2 * t.pollInterval), noValue: nobody, dashed: { interval: "text" },
      queries: [
        { expr: `quantile(0.5, time() - ${polled})`, legend: "median age" },
        { expr: `quantile(0.95, time() - ${polled})`, legend: "95th percentile" },
        { expr: `max(${interval})`, legend: "interval" },
      ],
    }),
    lines({
      id: 10, width: 8, height: 8, title: "Coverage",
      description: "Share of live participants whose figures are not older than two poll intervals.",
      unit: "percentunit", min: 0, max: 1, steps: high(t.coverage, 0.9), noValue: nobody,
      queries: [{ expr: only("account", "zoom_poll_coverage_ratio"), legend: "{{account}}" }],
    }),
    lines({
      id: 11, width: 8, height: 8, title: "Use of the reserve by other apps",
      description: "Estimated requests that the account's other apps have sent today, as a share of the reserve.",
      unit: "percentunit", min: 0, softMax: 1, steps: low(t.foreignUse), limits: true, noValue: "Nothing is reserved",
      queries: [{ expr: `${only("account, pool", "zoom_budget_foreign_requests")} / (${only("account, pool", "zoom_budget_reserved_requests")} > 0)`, legend: "{{account}} {{pool}}" }],
    }),
  ];
}

function data(t: Thresholds) {
  return [
    { id: 20, heading: "Counted and lost data" },
    lines({
      id: 21, width: 8, height: 7, title: "Minutes counted and lost",
      description: "Participant-minutes per minute that were counted, and those known to be lost, by reason.",
      unit: "short", min: 0, steps: plain, noValue: "No readings have been counted yet", dashed: {},
      queries: [
        { expr: `sum(max by (account) (rate(zoom_participant_counted_seconds_total{account=~"$account"}[$__rate_interval])))`, legend: "counted", step: window },
        { expr: `sum by (reason) (max by (account, reason) (rate(zoom_participant_lost_seconds_total{account=~"$account"}[$__rate_interval])))`, legend: "lost: {{reason}}", step: window },
      ],
    }),
    lines({
      id: 22, width: 8, height: 7, title: "Ended meetings with pending minutes",
      description: "Ended meetings whose last minutes have not been fetched from Zoom yet.",
      unit: "short", decimals: 0, min: 0, steps: plain, noValue: absent,
      queries: [{ expr: only("account", "zoom_backfills_waiting"), legend: "{{account}}" }],
    }),
    bars({
      id: 23, width: 8, height: 7, title: "Values that could not be parsed",
      description: "Values in Zoom's answers that could not be parsed in this time range, by field and reason; the ten most frequent.",
      unit: "short", decimals: 0, min: 0, steps: none, noValue: "All values could be parsed",
      queries: [{ expr: `sort_desc(topk(10, ${own("field, reason", "zoom_parse_failures_total", "range")} > 0))`, legend: "{{field}}: {{reason}}", instant: true }],
    }),
    lines({
      id: 24, width: 8, height: 7, title: "Participants not shown",
      description: "Participants in the latest answers who should have series and have none: above the limit on participants or, with series of degraded people only, on those; or rows that could not be used.",
      unit: "short", decimals: 0, min: 0, steps: never, noValue: absent,
      queries: [{ expr: `sum by (account, reason) (${only("account, reason", "zoom_participants_dropped")})`, legend: "{{account}} {{reason}}" }],
    }),
    lines({
      id: 25, width: 8, height: 7, title: "Counted under other",
      description: "Increments per minute that were counted under “other”, by network type or in all dimensions, because the limit on label sets is reached. Remove a dimension, or raise the limit.",
      unit: "short", min: 0, steps: never, noValue: "No readings have been counted yet",
      queries: [{ expr: `60 * sum by (table, collapsed) (max by (account, table, collapsed) (rate(zoom_readings_overflowed_total{account=~"$account"}[$__rate_interval])))`, legend: "{{table}}: {{collapsed}}", step: window }],
    }),
    lines({
      id: 26, width: 8, height: 7, title: "Time since the last answer",
      description: `Time since each endpoint last answered. Data is stale after more than ${t.staleIntervals} poll intervals.`,
      unit: "s", min: 0, steps: low(2 * t.pollInterval), noValue: absent,
      queries: [{ expr: `max by (task) (time() - ${only("account, task", "zoom_poll_last_success_timestamp_seconds")})`, legend: "{{task}}" }],
    }),
  ];
}

function requests() {
  const duration = `sum by (le, endpoint) (rate(zoom_api_request_duration_seconds_bucket{account=~"$account"}[$__rate_interval]))`;
  return [
    { id: 30, heading: "Requests to Zoom" },
    lines({
      id: 31, width: 8, height: 7, title: "Requests", unit: "reqpm", min: 0, stacked: true, steps: plain, noValue: "No requests",
      description: "Requests per minute by endpoint, including retries.",
      queries: [{ expr: `60 * ${own("endpoint", "zoom_api_requests_total", "rate")}`, legend: "{{endpoint}}", step: window }],
    }),
    lines({
      id: 32, width: 8, height: 7, title: "Failures", unit: "reqpm", min: 0, steps: plain, noValue: "No failures",
      description: "Requests per minute without a usable answer, by reason. `not_live` is normal: the meeting had ended.",
      queries: [{ expr: `60 * ${own("reason", "zoom_api_request_failures_total", "rate")} > 0`, legend: "{{reason}}", step: window }],
    }),
    lines({
      id: 33, width: 8, height: 7, title: "Refused by rate limits", unit: "reqpm", min: 0, steps: never, noValue: absent,
      description: "Answers with status 429 per minute, by rate limit. There should be none. If there are, other apps of the account may use more than the reserve.",
      queries: [{ expr: `60 * ${own("pool", "zoom_api_throttled_total", "rate")}`, legend: "{{pool}}", step: window }],
    }),
    lines({
      id: 34, width: 8, height: 7, title: "Duration, 95th percentile", unit: "s", min: 0, steps: plain, noValue: "No requests",
      description: "95th percentile of the duration of requests, by endpoint.",
      queries: [{ expr: `histogram_quantile(0.95, ${duration})`, legend: "{{endpoint}}", step: window }],
    }),
    lines({
      id: 35, width: 8, height: 7, title: "Endpoints", unit: "short", min: 0, max: 1, steps: up, noValue: absent,
      description: "Whether each endpoint answered its last request: 1 is yes.",
      queries: [{ expr: `min by (task) (${select("zoom_poll_success")})`, legend: "{{task}}" }],
    }),
    lines({
      id: 36, width: 8, height: 7, title: "Token valid for", unit: "s", min: 0, steps: plain, noValue: absent,
      description: "Time until the access token expires. The exporter renews it in time; at 0, requests fail.",
      queries: [{ expr: `${only("account", "zoom_account_token_expiry_timestamp_seconds")} - time()`, legend: "{{account}}" }],
    }),
  ];
}

function itself() {
  const common = { width: 6, height: 7, noValue: absent } as const;
  return [
    { id: 40, heading: "The exporter itself" },
    table({
      id: 41, width: 12, height: 7, title: "Instances",
      description: "The exporters with the selected accounts: version, which participants have series (`metrics.participants`), configuration and storage.",
      worst: "A", rows: 20, noValue: absent,
      queries: [
        { expr: process("max by (job, instance, version, revision, goversion) (zoom_exporter_build_info) * on (job, instance) group_left (mode) (zoom_exporter_participants_mode == 1)") },
        { expr: process("zoom_exporter_config_last_reload_successful") },
        { expr: process("zoom_exporter_config_last_reload_success_timestamp_seconds * 1000") },
        { expr: process("increase(zoom_exporter_store_commit_failures_total[$__range])") },
      ],
      columns: [
        { field: "instance", title: "Instance" },
        { field: "version", title: "Version", width: 110 },
        { field: "mode", title: "Participants", width: 110 },
        { field: "A", title: "Up", hidden: true },
        { field: "B", title: "Reload", width: 80, steps: up, names: { 0: { text: "failed", color: "red" }, 1: { text: "ok", color: "green" } } },
        { field: "C", title: "Loaded", width: 150, unit: "dateTimeAsIso" },
        { field: "D", title: "Failed writes", width: 110, unit: "locale", decimals: 0, steps: never },
      ],
    }),
    lines({
      ...common, id: 42, title: "Scrapes answered early", unit: "short", min: 0, steps: plain,
      description: "Scrapes per minute that were answered before their poll cycle had finished. The next scrape gets the remaining figures.",
      queries: [{ expr: `60 * ${own("account", "zoom_poll_deadline_exceeded_total", "rate")}`, legend: "{{account}}", step: window }],
    }),
    lines({
      ...common, id: 43, title: "Memory", unit: "bytes", min: 0, steps: plain,
      description: "Resident memory of each instance.",
      queries: [{ expr: process("process_resident_memory_bytes"), legend: "{{instance}}" }],
    }),
  ];
}
