import type { Definition } from "../dashboard.js";
import { chosenKind, row, toSite } from "../links.js";
import { bars, lines, type Lines, noReadings, stat } from "../panels.js";
import { own, ratio, readings, readingsAt, sessionQuantile, sessions, spoken } from "../promql.js";
import { high, low, plain } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { figures } from "./figures.js";

const scope = ['kind=~"$kind"', 'site=~"$site"', 'media=~"$media"', 'direction=~"$direction"'];
const good = 'verdict=~"$good"';

const goodReadings = (by: string) => ratio(readings(by, "range", good, ...scope), readings(by, "range", ...scope));
const goodSessions = (by: string) => ratio(sessions(by, "range", good, ...scope), sessions(by, "range", ...scope));

/** The share of good readings and sessions, by day and week. */
export function serviceLevels(t: Thresholds): Definition {
  return {
    name: "service-levels",
    title: "Service levels",
    description: "The share of good readings and sessions per day and week, compared with the objective. It includes people who have left.",
    from: "now-14d",
    refresh: "15m",
    variables: [
      variables.datasource, variables.account, variables.kind, variables.site,
      variables.media, variables.direction, variables.good, variables.aim(t.serviceLevel), variables.window,
    ],
    panels: [...headline(t), ...perDay(t), ...where(t), ...rest(t)],
  };
}

function headline(t: Thresholds) {
  const steps = high(t.serviceLevel - (1 - t.serviceLevel), t.serviceLevel);
  return [
    stat({
      id: 1, width: 5, height: 4, title: "Good readings", unit: "percentunit", decimals: 2,
      description: "Share of good readings in this time range. A reading is one stream of one person in one minute.",
      steps, noValue: noReadings,
      queries: [{ expr: goodReadings(""), legend: "good", instant: true }],
    }),
    stat({
      id: 2, width: 5, height: 4, title: "Good sessions", unit: "percentunit", decimals: 2,
      description: "Share of the sessions that ended in this time range with good averages. A session is one stream of one person from joining to leaving.",
      steps, noValue: "No session has ended yet",
      queries: [{ expr: goodSessions(""), legend: "good", instant: true }],
    }),
    stat({
      id: 3, width: 5, height: 4, title: "Error budget left", unit: "percentunit", decimals: 0,
      description: "Remaining part of the share of readings that the objective allows to be not good. Below 0, the objective is missed.",
      steps: high(0, 0.25), noValue: noReadings,
      queries: [{ expr: `1 - (1 - ${goodReadings("")}) / (1 - $aim)`, legend: "left", instant: true }],
    }),
    stat({
      id: 4, width: 4, height: 4, title: "Readings", unit: "short", decimals: 1,
      description: "Number of readings in this time range, on which the shares are based.", noValue: noReadings,
      queries: [{ expr: readings("", "range", ...scope), legend: "readings", instant: true }],
    }),
    stat({
      id: 5, width: 5, height: 4, title: "Minutes lost", unit: "percentunit", decimals: 2,
      description: "Share of participants' time in this time range that is known to be lost. The other panels do not include them.",
      steps: low(t.lost), noValue: noReadings,
      queries: [{
        expr: `${lost("")} / (${lost("")} + ${counted("")} > 0)`,
        legend: "lost", instant: true,
      }],
    }),
  ];
}

const counted = (by: string) => `sum by (${by}) (max by (account) (increase(zoom_participant_counted_seconds_total{account=~"$account"}[$__range])))`;
const lost = (by: string) => `sum by (${by}) (max by (account, reason) (increase(zoom_participant_lost_seconds_total{account=~"$account"}[$__range])))`;

function perDay(t: Thresholds) {
  const share = (by: string, offset: string) => `${readingsAt(by, offset, good, ...scope)} / (${readingsAt(by, offset, ...scope)} > 0)`;
  const common: Pick<Lines, "unit" | "min" | "max" | "draw" | "steps" | "noValue" | "dashed" | "decimals"> = {
    unit: "percentunit", decimals: 1, max: 1, draw: "bars", noValue: noReadings,
    steps: high(t.serviceLevel - (1 - t.serviceLevel), t.serviceLevel), dashed: { objective: "text" },
  };
  return [
    lines({
      ...common, id: 6, width: 14, height: 8, title: "Good readings per day",
      description: "Each bar is the day that begins there, in the dashboard's time zone. The line is the objective.",
      queries: [
        { expr: share("", "-1d"), legend: "good", step: "1d" },
        { expr: `vector($aim) + 0 * ${share("", "-1d")}`, legend: "objective", step: "1d" },
      ],
    }),
    lines({
      ...common, id: 7, width: 10, height: 8, title: "Good readings per week",
      description: "Each bar is a week that begins on Monday, drawn at its Thursday. Select a longer time range to see more. The line is the objective.",
      // Grafana's steps of a week fall on Thursdays; the week around a Thursday begins on Monday.
      queries: [
        { expr: share("", "-4d"), legend: "good", step: "7d" },
        { expr: `vector($aim) + 0 * ${share("", "-4d")}`, legend: "objective", step: "7d" },
      ],
    }),
  ];
}

function where(t: Thresholds) {
  const steps = high(t.serviceLevel - (1 - t.serviceLevel), t.serviceLevel);
  return [
    table({
      id: 8, width: 14, height: 8, title: "By site",
      description: "Each site's shares of good readings and sessions in this time range, worst first. Click a site to see why.",
      worst: "A", rows: 100, noValue: noReadings,
      queries: [
        { expr: `1 - ${goodReadings("site")}` },
        { expr: goodReadings("site") },
        { expr: goodSessions("site") },
        { expr: readings("site", "range", ...scope) },
        { expr: `sum by (site) (${sessions("site", "range", ...scope)})` },
      ],
      columns: [
        { field: "site", title: "Site", empty: "no site", links: [toSite(row, chosenKind)] },
        { field: "A", title: "Not good", width: 110, unit: "percentunit", decimals: 2, steps: low(2 * (1 - t.serviceLevel)), filled: true },
        { field: "B", title: "Good readings", width: 130, unit: "percentunit", decimals: 2, steps },
        { field: "C", title: "Good sessions", width: 130, unit: "percentunit", decimals: 2, steps },
        { field: "D", title: "Readings", width: 100, unit: "locale", decimals: 0 },
        { field: "E", title: "Sessions", width: 100, unit: "locale", decimals: 0 },
      ],
    }),
    bars({
      id: 9, width: 10, height: 8, title: "Good readings by media",
      description: "Streams that people receive, and streams that they send to others, in this time range.",
      unit: "percentunit", decimals: 1, min: 0.5, max: 1, steps, noValue: noReadings,
      queries: [{ expr: `sort(${goodReadings("media, direction")})`, legend: "{{media}} {{direction}}", instant: true }],
    }),
  ];
}

function rest(t: Thresholds) {
  return [
    { id: 20, heading: "Details" },
    bars({
      id: 21, width: 8, height: 8, title: "Good readings by network",
      description: "Share of good readings by network type in this time range.", unit: "percentunit", decimals: 1, min: 0.5, max: 1, noValue: noReadings,
      steps: high(t.serviceLevel - (1 - t.serviceLevel), t.serviceLevel),
      queries: [{ expr: `sort(${spoken(goodReadings("network_type"), "where", "network_type", "unknown")})`, legend: "{{where}}", instant: true }],
    }),
    lines({
      id: 22, width: 8, height: 8, title: "Duration of sessions",
      description: "Median and 90th percentile of the duration of ended sessions.",
      unit: "s", min: 0, steps: plain, noValue: "No session has ended yet",
      queries: [0.5, 0.9].map((q) => ({
        expr: sessionQuantile(q, 'kind=~"$kind"', 'site=~"$site"'),
        legend: q === 0.5 ? "median" : "90th percentile", step: "1h",
      })),
    }),
    lines({
      id: 23, width: 8, height: 8, title: "Lost minutes",
      description: "Participant-minutes per hour that are known to be lost, by reason.",
      unit: "short", min: 0, draw: "bars", stacked: true, steps: plain, noValue: noReadings,
      queries: [{ expr: `60 * ${own("reason", "zoom_participant_lost_seconds_total", "rate")}`, legend: "{{reason}}", step: "1h" }],
    }),
    ...figures(t, 30, "site", ['kind=~"$kind"', 'site=~"$site"', 'media=~"$media"', 'direction=~"$direction"']),
  ];
}
