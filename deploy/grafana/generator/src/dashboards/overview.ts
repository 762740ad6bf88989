import type { Definition } from "../dashboard.js";
import { chosenKind, row, series, toExporters, toJoin, toLevels, toMeeting, toSite, toSites, toWebinars } from "../links.js";
import { bars, lines, nobody, noPeople, noReadings, stat, notGood, window } from "../panels.js";
import {
  degraded, meetings, only, peopleAt, person, poor, poorShare, ratio, readings, recent, select, spoken, withInfo,
} from "../promql.js";
import { low, never, plain, up } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { badness, badnessSteps, figures } from "./figures.js";

const ofKinds = 'kind=~"$kind"';
const atSites = 'site=~"$site"';
const scope = [ofKinds, atSites];

/** Is the quality good now? What is worst? */
export function overview(t: Thresholds): Definition {
  const ofKind = `and on (account, meeting) ${select("zoom_meeting_info", 'kind=~"$kind"')}`;
  const share = `${recent("account, meeting", poor)} / (${recent("account, meeting")} >= ${t.meetingReadings})`;
  const polled = only("account, meeting", "zoom_meeting_polled_timestamp_seconds");
  const bySite = spoken(poorShare("site", "rate", ...scope), "where", "site", "no site");

  return {
    name: "overview",
    title: "Overview",
    description: "Is the quality good now, and what is worst? Links to meetings, sites, people and the exporter.",
    from: "now-3h",
    refresh: "1m",
    variables: [variables.datasource, variables.account, variables.kind, variables.site, variables.window],
    panels: [
      stat({
        id: 1, width: 4, height: 4, title: "Poor or bad now", unit: "percentunit", decimals: 1, sparkline: true,
        description: "Share of the readings of the last minutes with poor or bad latency, jitter or packet loss. A reading is one stream of one person in one minute.",
        steps: low(t.account), noValue: noReadings, links: [toLevels],
        queries: [{ expr: poorShare("", "rate", ...scope), legend: "poor or bad", step: window }],
      }),
      stat({
        id: 2, width: 4, height: 4, title: "Bad meetings", unit: "locale", decimals: 0,
        description: `Live meetings and webinars with at least ${100 * t.meeting} % poor or bad readings in their last five minutes of data. All sites.`,
        steps: never, noValue: nobody,
        queries: [{ expr: `sum((${share} ${ofKind}) >= bool ${t.meeting})`, legend: "meetings" }],
      }),
      stat({
        id: 3, width: 4, height: 4, title: "Live now", unit: "locale", decimals: 0, text: "both",
        description: "Live meetings and webinars that are collected. All sites.",
        noValue: nobody, links: [toWebinars],
        queries: [{ expr: `sum by (kind) (${only("account, kind", "zoom_live_meetings", 'kind=~"$kind"')})`, legend: "{{kind}}s" }],
      }),
      stat({
        id: 4, width: 4, height: 4, title: "People now", unit: "locale", decimals: 0, sparkline: true,
        description: "People in live meetings and webinars.",
        noValue: nobody, links: [toSites],
        queries: [{ expr: peopleAt("", ofKinds, atSites), legend: "people" }],
      }),
      stat({
        id: 5, width: 4, height: 4, title: "Data age", unit: "s", decimals: 0,
        description: "95th percentile of the age of Zoom's latest answer, over live meetings. All sites.",
        steps: low(2 * t.pollInterval), noValue: nobody, links: [toExporters],
        queries: [{ expr: `quantile(0.95, time() - ${polled} ${ofKind})`, legend: "age" }],
      }),
      stat({
        id: 6, width: 4, height: 4, title: "Collection", unit: "short",
        description: "Whether Zoom's API answers for every selected account. If not, the data on this dashboard will soon be stale.",
        steps: up, noValue: "no exporter", links: [toExporters],
        names: { 0: { text: "failing", color: "red" }, 1: { text: "working", color: "green" } },
        queries: [{ expr: `min(${only("account", "zoom_account_up")})`, legend: "collection" }],
      }),

      table({
        id: 7, width: 14, height: 9, title: "Worst meetings now",
        description: `Live meetings by the share of poor or bad readings in their last five minutes of data, with at least ${t.meetingReadings} readings; the worst 50. “Degraded” is the number of people with too many poor or bad readings in a medium (the one with most of them). Click a name to see everyone in the meeting. All sites.`,
        worst: "A", rows: 50, noValue: nobody,
        queries: [
          { expr: `topk(50, ${share} ${ofKind}) * on (account, meeting) group_left (kind, name) ${meetings([])}` },
          { expr: `${recent("account, meeting", 'verdict="bad"')} / (${recent("account, meeting")} > 0) ${ofKind}` },
          { expr: `${only("account, meeting", "zoom_meeting_participants")} ${ofKind}` },
          { expr: `time() - ${polled} ${ofKind}` },
          { expr: `(${degraded("account, meeting")} or 0 * ${recent("account, meeting")}) ${ofKind}` },
        ],
        columns: [
          { field: "name", title: "Meeting", links: [toMeeting(row)] },
          { field: "kind", title: "Kind", width: 85 },
          { field: "A", title: "Poor or bad", width: 105, unit: "percentunit", decimals: 0, steps: low(t.meeting), filled: true },
          { field: "B", title: "Bad", width: 70, unit: "percentunit", decimals: 0, steps: low(t.meeting) },
          { field: "E", title: "Degraded", width: 85, unit: "locale", decimals: 0, steps: low(t.meetingPeople) },
          { field: "C", title: "People", width: 75, unit: "locale", decimals: 0 },
          { field: "D", title: "Data age", width: 95, unit: "s", decimals: 0 },
          { field: "account", title: "Account", width: 95 },
          { field: "meeting", title: "UUID", hidden: true },
        ],
      }),
      notGood({
        id: 8, width: 10, height: 9, noValue: noReadings, whose: "all readings", step: window,
        share: (verdict) => ratio(readings("", "rate", verdict, ...scope), readings("", "rate", ...scope)),
      }),

      bars({
        id: 9, width: 7, height: 7, title: "Poor or bad by site",
        description: "The ten worst sites in this time range. Click a site to open it.",
        unit: "percentunit", decimals: 1, min: 0, max: 2 * t.site, steps: low(t.site), noValue: noReadings,
        links: [toSite(series, chosenKind)],
        queries: [{ expr: `sort_desc(topk(10, ${spoken(poorShare("site", "range", ...scope), "where", "site", "no site")}))`, legend: "{{where}}", instant: true }],
      }),
      bars({
        id: 10, width: 7, height: 7, title: "Poor or bad by media",
        description: "Streams that people receive, and streams that they send to others, in this time range.",
        unit: "percentunit", decimals: 1, min: 0, max: 2 * t.account, steps: low(t.account), noValue: noReadings,
        queries: [{ expr: `sort_desc(${poorShare("media, direction", "range", ...scope)})`, legend: "{{media}} {{direction}}", instant: true }],
      }),
      table({
        id: 11, width: 10, height: 7, title: "Worst people now",
        description: "The 20 people with the worst streams now. 100 % is the threshold above which the worst of latency, jitter and packet loss is poor. Click a name to open the person.",
        worst: "A", rows: 20, noValue: noPeople,
        queries: [
          {
            expr: withInfo(
              `topk(20, ${badness(t)} and on (${person}) ${select("zoom_participant_network_info", 'site=~"$site"')} ${ofKind})`,
              ["name", "user", "site", "network_type"],
            ),
          },
        ],
        columns: [
          { field: "name", title: "Person", links: [toJoin(row)] },
          { field: "A", title: "Worst stream", width: 110, unit: "percentunit", decimals: 0, steps: badnessSteps(t), filled: true },
          { field: "site", title: "Site", width: 90, empty: "no site", links: [toSite(row, chosenKind)] },
          { field: "network_type", title: "Network", width: 80 },
          { field: "account", title: "Account", hidden: true },
          { field: "meeting", title: "UUID", hidden: true },
          { field: "participant", title: "Join", hidden: true },
          { field: "user", title: "User", hidden: true },
        ],
      }),

      { id: 12, heading: "Over time" },
      lines({
        id: 13, width: 12, height: 8, title: "Poor or bad by site over time",
        description: "Each site's share of poor or bad readings; the ten worst at each time.",
        unit: "percentunit", min: 0, softMax: t.site, steps: low(t.site), noValue: noReadings, legend: "right",
        links: [toSite(series, chosenKind)],
        queries: [{ expr: `topk(10, ${bySite})`, legend: "{{where}}", step: window }],
      }),
      lines({
        id: 14, width: 12, height: 8, title: "People in meetings",
        description: "People in live meetings and webinars.",
        unit: "short", decimals: 0, min: 0, stacked: true, noValue: nobody, steps: plain,
        queries: [{ expr: peopleAt("kind", ofKinds, atSites), legend: "in {{kind}}s" }],
      }),
      ...figures(t, 15, "media, direction", scope),
    ],
  };
}
