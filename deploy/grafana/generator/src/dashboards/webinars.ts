import type { Definition } from "../dashboard.js";
import { row, series, toJoin, toMeeting, toSite, toWebinar } from "../links.js";
import { bars, lines, noPeople, noReadings, stat, notGood, window } from "../panels.js";
import {
  meetings, only, peopleAt, person, poor, poorShare, ratio, readings, recent, select, spoken, withInfo,
} from "../promql.js";
import { high, low, near, plain, verdictColours, verdicts } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { badness, badnessSteps } from "./figures.js";

const webinar = 'kind="webinar"';
const atSites = 'site=~"$site"';
const scope = [webinar, atSites];
const chosen = 'meeting=~"$meeting"';
const none = "No live webinar";
const noSpeakers = "No live webinar, nobody sends, or the exporter does not collect participants lists";
const noRoles = "No live webinar, or no roles: the exporter does not collect participants lists, or exposes no series of participants";

// Hosts and panelists; the others listen.
const onStage = 'role=~"(?i)(co-?)?host|panelist"';
const listening = 'role!~"(?i)((co-?)?host|panelist)?"';

/** Do the panelists send good audio and video, and does the audience receive it well? */
export function webinars(t: Thresholds): Definition {
  return {
    name: "webinars",
    title: "Webinars",
    description: "Do the panelists send good audio and video, and does the audience receive it well? Links to webinars and their people.",
    from: "now-3h",
    refresh: "1m",
    variables: [variables.datasource, variables.account, variables.site, variables.webinars, variables.window],
    panels: [...headline(t), ...tables(t), ...overTime(t)],
  };
}

function is(role: string): string {
  return `and on (${person}) ${select("zoom_participant_info", chosen, role)}`;
}

const ofWebinars = `and on (account, meeting) ${select("zoom_meeting_info", webinar)}`;

/** The hosts and panelists who send audio or video. */
function speakers(by: string, ...matchers: string[]): string {
  return `sum by (${by}) (${only("account, meeting, role, verdict", "zoom_meeting_speakers", chosen, ...matchers)} ${ofWebinars})`;
}

function headline(t: Thresholds) {
  const receiving = badness(t, chosen, 'direction="received"');
  return [
    stat({
      id: 1, width: 5, height: 4, title: "Live webinars", unit: "locale", decimals: 0,
      description: "Live webinars that are collected.", noValue: none,
      queries: [{ expr: `sum(${only("account", "zoom_live_meetings", webinar)})`, legend: "webinars" }],
    }),
    stat({
      id: 2, width: 5, height: 4, title: "People now", unit: "locale", decimals: 0, sparkline: true,
      description: "People at the selected sites in live webinars.", noValue: none,
      queries: [{ expr: peopleAt("", webinar, atSites), legend: "people" }],
    }),
    stat({
      id: 3, width: 5, height: 4, title: "Panelists sending badly", unit: "percentunit", decimals: 0,
      description: "Share of the hosts and panelists of the selected webinars who send poor or bad audio or video, by their last five minutes of data. The whole audience notices.",
      steps: low(t.panelists), noValue: noSpeakers, sparkline: true,
      queries: [{ expr: ratio(speakers("", poor), speakers("")), legend: "panelists" }],
    }),
    stat({
      id: 4, width: 5, height: 4, title: "Audience receiving badly", unit: "percentunit", decimals: 0,
      description: "Share of the attendees of the selected webinars who receive a poor or bad stream now.",
      steps: low(t.meeting), noValue: noRoles,
      queries: [{ expr: `avg((${receiving} > bool 1) ${is(listening)} ${ofWebinars})`, legend: "attendees" }],
    }),
    stat({
      id: 5, width: 4, height: 4, title: "Poor or bad now", unit: "percentunit", decimals: 1, sparkline: true,
      description: "Share of poor or bad readings of the last minutes in all webinars.",
      steps: low(t.account), noValue: noReadings,
      queries: [{ expr: poorShare("", "rate", ...scope), legend: "poor or bad", step: window }],
    }),
  ];
}

function tables(t: Thresholds) {
  const share = `${recent("account, meeting", poor, chosen)} / (${recent("account, meeting", chosen)} > 0)`;
  const sending = badness(t, chosen, 'direction="sent"');
  const receiving = badness(t, chosen, 'direction="received"');
  return [
    table({
      id: 6, width: 12, height: 8, title: "Live webinars",
      description: "The selected webinars, worst first by the share of poor or bad readings. Click a name to see everyone in the webinar.",
      worst: "A", rows: 50, noValue: none,
      queries: [
        { expr: `topk(50, ${share} ${ofWebinars}) * on (account, meeting) group_left (name) ${meetings([], webinar)}` },
        { expr: `${only("account, meeting", "zoom_meeting_participants", chosen)} ${ofWebinars}` },
        { expr: ratio(speakers("account, meeting", poor), speakers("account, meeting")) },
        { expr: `avg by (account, meeting) ((${receiving} > bool 1) ${is(listening)} ${ofWebinars})` },
        { expr: `time() - ${only("account, meeting", "zoom_meeting_polled_timestamp_seconds", chosen)} ${ofWebinars}` },
      ],
      columns: [
        { field: "name", title: "Webinar", links: [toMeeting(row), toWebinar(row)] },
        { field: "A", title: "Poor or bad", width: 105, unit: "percentunit", decimals: 0, steps: low(t.meeting), filled: true },
        { field: "C", title: "Panelists", width: 85, unit: "percentunit", decimals: 0, steps: low(t.panelists) },
        { field: "D", title: "Audience", width: 85, unit: "percentunit", decimals: 0, steps: low(t.meeting) },
        { field: "B", title: "People", width: 75, unit: "locale", decimals: 0 },
        { field: "E", title: "Age", width: 65, unit: "s", decimals: 0 },
        { field: "account", title: "Account", hidden: true },
        { field: "meeting", title: "UUID", hidden: true },
      ],
    }),
    table({
      id: 7, width: 12, height: 8, title: "Hosts and panelists",
      description: "The people whom the audience hears and sees, by their worst sent stream. 100 % is the threshold above which a figure is poor. MOS is the estimated score of their audio. Click a name to open the person.",
      worst: "A", rows: 50, noValue: noRoles,
      queries: [
        { expr: withInfo(`topk(50, ${sending} ${is(onStage)} ${ofWebinars})`, ["name", "user", "role", "site"], chosen) },
        { expr: `min by (${person}) (${select("zoom_qos_audio_mos_estimate", chosen, 'direction="sent"')}) ${is(onStage)} ${ofWebinars}` },
        { expr: `${only(person, "zoom_qos_system_cpu_max_ratio", chosen)} ${is(onStage)} ${ofWebinars}` },
        { expr: `${only(person, "zoom_qos_wifi_rssi_avg_dbm", chosen)} ${is(onStage)} ${ofWebinars}` },
      ],
      columns: [
        { field: "name", title: "Person", links: [toJoin(row)] },
        { field: "role", title: "Role", width: 85 },
        { field: "A", title: "Worst sent", width: 100, unit: "percentunit", decimals: 0, steps: badnessSteps(t), filled: true },
        { field: "B", title: "MOS", width: 65, unit: "none", decimals: 2 },
        { field: "C", title: "CPU", width: 65, unit: "percentunit", decimals: 0, steps: near(t.cpu, 0.15) },
        { field: "D", title: "Wi-Fi", width: 80, unit: "suffix: dBm", decimals: 0, steps: high(t.wifi, t.wifi + 10) },
        { field: "site", title: "Site", width: 85, empty: "no site", links: [toSite(row, "var-kind=webinar")] },
        { field: "account", title: "Account", hidden: true },
        { field: "meeting", title: "UUID", hidden: true },
        { field: "participant", title: "Join", hidden: true },
        { field: "user", title: "User", hidden: true },
      ],
    }),
  ];
}

function overTime(t: Thresholds) {
  const sent = (metric: string) => {
    const panelists = `${only(person, metric, chosen, 'media="audio"', 'direction="sent"')} ${is(onStage)} ${ofWebinars}`;
    return withInfo(`topk(10, ${panelists})`, ["name", "user"], chosen);
  };
  return [
    notGood({
      id: 10, width: 6, height: 8, noValue: noReadings, whose: "readings in all webinars", step: window,
      share: (verdict) => ratio(readings("", "rate", verdict, ...scope), readings("", "rate", ...scope)),
    }),
    lines({
      id: 8, width: 6, height: 8, title: "Speakers by verdict",
      description: "Hosts and panelists of the selected webinars who send audio or video, by the verdict of what they sent in their last five minutes of data.",
      unit: "locale", decimals: 0, min: 0, stacked: true, colours: verdictColours, steps: plain, noValue: noSpeakers,
      queries: ["bad", "poor", "fair", "good"].map((verdict) => ({ expr: speakers("", `verdict="${verdict}"`), legend: verdict })),
    }),
    lines({
      id: 11, width: 6, height: 8, title: "Packet loss of panelists' audio",
      description: "Packet loss of the audio that hosts and panelists send; the ten worst at each time. The dashed lines are the limits of good, fair and poor.",
      unit: "percentunit", min: 0, softMax: t.loss.fair, steps: verdicts(t.loss), limits: true, noValue: noRoles, links: [toJoin(series)],
      queries: [{ expr: sent("zoom_qos_packet_loss_ratio"), legend: "{{name}}" }],
    }),
    lines({
      id: 12, width: 6, height: 8, title: "Jitter of panelists' audio",
      description: "Jitter of the audio that hosts and panelists send; the ten worst at each time. The dashed lines are the limits of good, fair and poor.",
      unit: "s", min: 0, softMax: t.jitter.fair, steps: verdicts(t.jitter), limits: true, noValue: noRoles, links: [toJoin(series)],
      queries: [{ expr: sent("zoom_qos_jitter_seconds"), legend: "{{name}}" }],
    }),
    { id: 20, heading: "The audience" },
    bars({
      id: 21, width: 8, height: 8, title: "Poor or bad by site",
      description: "The ten worst sites of people in webinars in this time range. Click a site to open it.",
      unit: "percentunit", decimals: 1, min: 0, max: 2 * t.site, steps: low(t.site), noValue: noReadings, links: [toSite(series, "var-kind=webinar")],
      queries: [{ expr: `sort_desc(topk(10, ${spoken(poorShare("site", "range", ...scope), "where", "site", "no site")}))`, legend: "{{where}}", instant: true }],
    }),
    lines({
      id: 22, width: 8, height: 8, title: "Packet loss received",
      description: "Median and 95th percentile of the packet loss of audio and video that people in the selected webinars receive. The dashed lines are the limits of good, fair and poor.",
      unit: "percentunit", min: 0, softMax: t.loss.fair, steps: verdicts(t.loss), limits: true, noValue: noPeople,
      queries: [0.5, 0.95].map((q) => ({
        expr: `quantile by (media) (${q}, max by (${person}, media) (${select("zoom_qos_packet_loss_ratio", chosen, 'direction="received"')}) ${ofWebinars})`,
        legend: q === 0.5 ? "{{media}}, median" : "{{media}}, p95",
      })),
    }),
    lines({
      id: 23, width: 8, height: 8, title: "People in webinars",
      description: "People at the selected sites in live webinars.",
      unit: "short", decimals: 0, min: 0, stacked: true, steps: plain, noValue: none,
      queries: [{ expr: `topk(10, ${spoken(peopleAt("site", webinar, atSites), "where", "site", "no site")})`, legend: "{{where}}" }],
    }),
  ];
}
