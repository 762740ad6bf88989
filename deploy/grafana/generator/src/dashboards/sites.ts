import type { Definition } from "../dashboard.js";
import { chosenKind, row, series, toJoin, toMeeting, toSite } from "../links.js";
import { bars, lines, nobody, noPeople, noReadings, stat, notGood, window } from "../panels.js";
import {
  degraded, dimensions, type Fact, meetings, only, peopleAt, person, poor, poorShare, present, quantile, ratio, readings, select, spoken, withInfo,
} from "../promql.js";
import { high, low, near, plain, verdicts } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { badness, badnessSteps, figures } from "./figures.js";

const place = ['kind=~"$kind"', 'site=~"$site"'] as const;
const scope = [...place, 'network_type=~"$network"', 'media=~"$media"', 'direction=~"$direction"'];

/** Where quality is bad: by site, network, client and data center. */
export function sites(t: Thresholds): Definition {
  return {
    name: "sites",
    title: "Sites and networks",
    description: "Where is quality bad: by site, network, client and data center? Links to a site's meetings and people.",
    from: "now-6h",
    refresh: "1m",
    variables: [
      variables.datasource, variables.account, variables.kind, variables.site, variables.network,
      variables.media, variables.direction, variables.dimension(dimensions), variables.window,
    ],
    panels: [...headline(t), siteTable(t), ...overTime(t), ...machines(t), ...breakdown(t), ...nowByFact(t), ...who(t)],
  };
}

function headline(t: Thresholds) {
  const bySite = poorShare("site", "range", ...scope);
  return [
    stat({
      id: 1, width: 6, height: 4, title: "Poor or bad now", unit: "percentunit", decimals: 1, sparkline: true,
      description: "Share of poor or bad readings of the last minutes at the selected sites and networks.",
      steps: low(t.site), noValue: noReadings,
      queries: [{ expr: poorShare("", "rate", ...scope), legend: "poor or bad", step: window }],
    }),
    stat({
      id: 2, width: 6, height: 4, title: "Worst site", unit: "percentunit", decimals: 1, text: "both",
      description: "The site with the largest share of poor or bad readings in this time range, among sites with at least 0.1 % of all readings.",
      steps: low(t.site), noValue: noReadings, links: [toSite(series, chosenKind)],
      queries: [{
        expr: `topk(1, ${spoken(`${bySite} and ${readings("site", "range", ...scope)} > on () group_left () 0.001 * ${readings("", "range", ...scope)}`, "where", "site", "no site")})`,
        legend: "{{where}}", instant: true,
      }],
    }),
    stat({
      id: 3, width: 6, height: 4, title: "Worst network", unit: "percentunit", decimals: 1, text: "both",
      description: "The network type with the largest share of poor or bad readings in this time range.",
      steps: low(t.site), noValue: noReadings,
      queries: [{
        expr: `topk(1, ${spoken(poorShare("network_type", "range", ...scope), "where", "network_type", "unknown")})`,
        legend: "{{where}}", instant: true,
      }],
    }),
    stat({
      id: 4, width: 6, height: 4, title: "People now", unit: "locale", decimals: 0, sparkline: true,
      description: "People at the selected sites in live meetings and webinars.", noValue: nobody,
      queries: [{ expr: peopleAt("", ...place), legend: "people" }],
    }),
  ];
}

function siteTable(t: Thresholds) {
  const q = (metric: string) => quantile(0.95, "site", metric, "range", ...scope.filter((m) => !m.startsWith("network_type")));
  return table({
    id: 5, width: 14, height: 9, title: "Sites",
    description: "Each site in this time range, worst first: its shares of poor or bad and of bad readings, and the 95th percentiles of its readings (all networks). Click a site to open it.",
    worst: "A", rows: 100, noValue: noReadings,
    queries: [
      { expr: poorShare("site", "range", ...scope) },
      { expr: ratio(readings("site", "range", 'verdict="bad"', ...scope), readings("site", "range", ...scope)) },
      { expr: q("zoom_qos_reading_latency_seconds") },
      { expr: q("zoom_qos_reading_jitter_seconds") },
      { expr: q("zoom_qos_reading_packet_loss_ratio") },
      { expr: readings("site", "range", ...scope) },
      { expr: peopleAt("site", ...place) },
    ],
    columns: [
      { field: "site", title: "Site", empty: "no site", links: [toSite(row, chosenKind)] },
      { field: "A", title: "Poor or bad", width: 100, unit: "percentunit", decimals: 1, steps: low(t.site), filled: true },
      { field: "B", title: "Bad", width: 75, unit: "percentunit", decimals: 1, steps: low(t.site) },
      { field: "C", title: "Latency p95", width: 105, unit: "s", decimals: 0, steps: verdicts(t.latency) },
      { field: "D", title: "Jitter p95", width: 95, unit: "s", decimals: 0, steps: verdicts(t.jitter) },
      { field: "E", title: "Loss p95", width: 90, unit: "percentunit", decimals: 1, steps: verdicts(t.loss) },
      { field: "F", title: "Readings", width: 85, unit: "locale", decimals: 0 },
      { field: "G", title: "People now", width: 90, unit: "locale", decimals: 0 },
    ],
  });
}

function overTime(t: Thresholds) {
  return [
    lines({
      id: 6, width: 10, height: 9, title: "Poor or bad by site over time",
      description: "Each site's share of poor or bad readings; the ten worst at each time. The dashed lines are the alert's threshold and half of it. Click a line to open the site.",
      unit: "percentunit", min: 0, softMax: t.site, steps: low(t.site), limits: true, noValue: noReadings, links: [toSite(series, chosenKind)],
      queries: [{ expr: `topk(10, ${spoken(poorShare("site", "rate", ...scope), "where", "site", "no site")})`, legend: "{{where}}", step: window }],
    }),
    ...now(t),
    bars({
      id: 7, width: 7, height: 7, title: "Poor or bad by network",
      description: "Share of poor or bad readings by network type in this time range.",
      unit: "percentunit", decimals: 1, min: 0, max: 2 * t.site, steps: low(t.site), noValue: noReadings,
      queries: [{ expr: `sort_desc(${spoken(poorShare("network_type", "range", ...scope), "where", "network_type", "unknown")})`, legend: "{{where}}", instant: true }],
    }),
    bars({
      id: 8, width: 7, height: 7, title: "Poor or bad by media",
      description: "Streams that people receive, and streams that they send to others, in this time range.",
      unit: "percentunit", decimals: 1, min: 0, max: 2 * t.site, steps: low(t.site), noValue: noReadings,
      queries: [{ expr: `sort_desc(${poorShare("media, direction", "range", ...scope)})`, legend: "{{media}} {{direction}}", instant: true }],
    }),
    notGood({
      id: 9, width: 10, height: 7, noValue: noReadings, whose: "readings at the selected sites and networks", step: window,
      share: (verdict) => ratio(readings("", "rate", verdict, ...scope), readings("", "rate", ...scope)),
    }),
    ...figures(t, 10, "site", scope.filter((m) => !m.startsWith("network_type"))),
  ];
}

/** The recent readings at each site and network, also of those who have just left, and the people. */
function now(t: Thresholds) {
  const at = ['site=~"$site"', 'network_type=~"$network"'];
  const media = 'media=~"$media"';
  const recent = (by: string, ...matchers: string[]) =>
    `sum by (${by}) (${only("account, site, network_type, media, verdict", "zoom_site_recent_readings", ...at, media, ...matchers)})`;
  const inTrouble = (by: string) =>
    `max by (${by}) (sum by (${by}, media) (${only("account, site, network_type, media", "zoom_site_degraded_participants", ...at, media)}))`;
  const where = "site, network_type";
  const people = `sum by (${where}) (${only(`account, ${where}`, "zoom_site_participants", ...at)})`;
  // Configured sites, and places where people ever were, stay at 0.
  const somebody = `(${people} > 0 or ${recent(where)} > 0)`;
  return [
    table({
      id: 13, width: 10, height: 8, title: "Sites and networks now",
      description: "The last five minutes of everybody's data at each site and network: the share of poor or bad readings, the people who are degraded in a medium (the one with most of them), and all people. Places where nobody is, or was in these minutes, are left out. Meetings and webinars.",
      worst: "A", rows: 100, noValue: nobody,
      queries: [
        { expr: ratio(recent(where, poor), recent(where)) },
        { expr: `${inTrouble(where)} and ${somebody}` },
        { expr: `${people} and ${somebody}` },
      ],
      columns: [
        { field: "site", title: "Site", empty: "no site", links: [toSite(row, chosenKind)] },
        { field: "network_type", title: "Network", width: 95, empty: "unknown" },
        { field: "A", title: "Poor or bad", width: 105, unit: "percentunit", decimals: 1, steps: low(t.site), filled: true },
        { field: "B", title: "Degraded", width: 90, unit: "locale", decimals: 0 },
        { field: "C", title: "People", width: 75, unit: "locale", decimals: 0 },
      ],
    }),
    lines({
      id: 14, width: 14, height: 8, title: "Degraded people by site",
      description: "People at each site who are degraded in a medium (the one with most of them): too many of their readings of the last five minutes are poor or bad. The ten worst at each time. Meetings and webinars. Click a line to open the site.",
      unit: "locale", decimals: 0, min: 0, softMax: t.meetingPeople, steps: plain, noValue: nobody, legend: "right", links: [toSite(series, chosenKind)],
      queries: [{ expr: `topk(10, ${spoken(inTrouble("site"), "where", "site", "no site")})`, legend: "{{where}}" }],
    }),
  ];
}

/** What the alerts on machines and Wi-Fi look at. */
function machines(t: Thresholds) {
  const panel = (id: number, title: string, description: string, metric: string, label: string, value: string, alarm: number) => {
    const people = (...matchers: string[]) => `sum by (site) (${only(`account, site, ${label}`, metric, 'site=~"$site"', ...matchers)})`;
    const share = ratio(people(`${label}="${value}"`), people());
    return lines({
      id, width: 12, height: 7, title,
      description: `${description} The ten largest at each time. Meetings and webinars. The dashed lines are the alert's threshold and half of it. Click a line to open the site.`,
      unit: "percentunit", min: 0, softMax: alarm, steps: low(alarm), limits: true, noValue: nobody, legend: "right",
      links: [toSite(series, chosenKind)],
      queries: [{ expr: `topk(10, ${spoken(share, "where", "site", "no site")})`, legend: "{{where}}" }],
    });
  };
  return [
    { id: 17, heading: "Machines and Wi-Fi" },
    panel(15, "Overloaded machines", `Share of the people at each site whose machine's CPU usage is above ${100 * t.cpu} %.`,
      "zoom_site_cpu_participants", "load", "high", t.cpuHigh),
    panel(16, "Weak Wi-Fi", `Share of the people on Wi-Fi at each site whose signal is below ${t.wifi} dBm.`,
      "zoom_site_wifi_participants", "signal", "weak", t.wifiWeak),
  ];
}

function breakdown(t: Thresholds) {
  const by = "$by";
  return [
    { id: 20, heading: "Breakdown by $by" },
    bars({
      id: 21, width: 12, height: 8, title: "Poor or bad by $by",
      description: "The 12 worst values in this time range of the label selected above. Labels other than site and network are available if the exporter's configuration names them as dimensions of readings.",
      unit: "percentunit", decimals: 1, min: 0, max: 2 * t.site, steps: low(t.site), noValue: noReadings,
      queries: [{ expr: `sort_desc(topk(12, ${spoken(poorShare(by, "range", ...scope), "where", by, "unknown")}))`, legend: "{{where}}", instant: true }],
    }),
    lines({
      id: 22, width: 12, height: 8, title: "Poor or bad by $by over time",
      description: "The same over time; the ten worst at each time.",
      unit: "percentunit", min: 0, softMax: t.site, steps: low(t.site), limits: true, noValue: noReadings, legend: "right",
      queries: [{ expr: `topk(10, ${spoken(poorShare(by, "rate", ...scope), "where", by, "unknown")})`, legend: "{{where}}", step: window }],
    }),
  ];
}

/** The people at the selected sites and networks. */
const here = `and on (${person}) ${select("zoom_participant_network_info", 'site=~"$site"', 'network_type=~"$network"')}`;

/** Based on the people in meetings now: works for every info label, regardless of the dimensions. */
function nowByFact(t: Thresholds) {
  const streams = ['media=~"$media"', 'direction=~"$direction"'];
  const troubled = (fact: Fact) => `avg by (${fact}) (${withInfo(`(${badness(t, ...streams)} > bool 1 ${here})`, [fact])})`;
  const panel = (id: number, title: string, fact: Fact) =>
    bars({
      id, width: 6, height: 8, title, unit: "percentunit", decimals: 0, min: 0, max: 1, steps: low(t.meeting), noValue: noPeople,
      description: "Share of the people in meetings now who have a poor or bad stream; the ten largest.",
      queries: [{ expr: `sort_desc(topk(10, ${spoken(troubled(fact), "where", fact, "unknown")}))`, legend: "{{where}}", instant: true }],
    });
  return [
    { id: 30, heading: "People with problems now" },
    panel(31, "By client version", "client_version"),
    panel(32, "By data center", "data_center"),
    panel(33, "By operating system", "os"),
    panel(34, "By location", "location"),
  ];
}

function who(t: Thresholds) {
  const all = badness(t, 'media=~"$media"', 'direction=~"$direction"');
  const fromHere = present("account, meeting", 'site=~"$site"');
  const affected = `(${degraded("account, meeting", 'site=~"$site"', 'media=~"$media"')} or 0 * ${fromHere})`;
  const facts: Fact[] = ["site", "network_type", "client_version", "data_center"];
  return [
    { id: 40, heading: "Meetings and people at these sites now" },
    table({
      id: 41, width: 10, height: 9, title: "Meetings with people at these sites",
      description: "Live meetings by the number of people at the selected sites who are degraded in a medium (the one with most of them); the worst 50. All networks and directions. Click a meeting to see everyone in it.",
      worst: "A", rows: 50, noValue: nobody,
      queries: [
        { expr: `topk(50, ${affected} * on (account, meeting) group_left (name, kind) ${meetings([], 'kind=~"$kind"')})` },
        { expr: fromHere },
      ],
      columns: [
        { field: "name", title: "Meeting", links: [toMeeting(row)] },
        { field: "kind", title: "Kind", width: 85 },
        { field: "A", title: "Degraded", width: 110, unit: "locale", decimals: 0, steps: low(t.meetingPeople), filled: true },
        { field: "B", title: "From here", width: 90, unit: "locale", decimals: 0 },
        { field: "account", title: "Account", width: 90 },
        { field: "meeting", title: "UUID", hidden: true },
      ],
    }),
    table({
      id: 42, width: 14, height: 9, title: "People at these sites, worst first",
      description: "The 50 people with the worst streams now. 100 % is the threshold above which a figure is poor. Click a name to open the person.",
      worst: "A", rows: 50, noValue: noPeople,
      queries: [
        { expr: withInfo(`topk(50, ${all} ${here})`, ["name", "user", ...facts]) },
        { expr: `${only(person, "zoom_qos_system_cpu_max_ratio")} ${here}` },
        { expr: `${only(person, "zoom_qos_wifi_rssi_avg_dbm")} ${here}` },
      ],
      columns: [
        { field: "name", title: "Person", links: [toJoin(row)] },
        { field: "A", title: "Worst stream", width: 105, unit: "percentunit", decimals: 0, steps: badnessSteps(t), filled: true },
        { field: "B", title: "CPU", width: 70, unit: "percentunit", decimals: 0, steps: near(t.cpu, 0.15) },
        { field: "C", title: "Wi-Fi", width: 85, unit: "suffix: dBm", decimals: 0, steps: high(t.wifi, t.wifi + 10) },
        { field: "site", title: "Site", width: 85, empty: "no site" },
        { field: "network_type", title: "Network", width: 80 },
        { field: "client_version", title: "Client", width: 110 },
        { field: "data_center", title: "Data center", width: 150 },
        { field: "account", title: "Account", hidden: true },
        { field: "meeting", title: "UUID", hidden: true },
        { field: "participant", title: "Join", hidden: true },
        { field: "user", title: "User", hidden: true },
      ],
    }),
  ];
}

