import type { Definition } from "../dashboard.js";
import { chosenKind, row, series, toJoin, toPerson, toSite } from "../links.js";
import { lines, nobody, noPeople, stat, notGood } from "../panels.js";
import {
  account, degraded, degradedIn, type Fact, meetings, only, person, poor, present, ratio, recent, select, stream, tenWorst, withInfo,
} from "../promql.js";
import { high, low, near, plain, type Steps, verdicts } from "../steps.js";
import { type Column, table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { badness, badnessSteps, figureNames, limitsOf } from "./figures.js";

const here = 'meeting="$meeting"';

/** Everyone in a meeting, and their streams over time. */
export function meeting(t: Thresholds): Definition {
  return {
    name: "meeting",
    title: "Meeting",
    description: "Who in this meeting has a bad connection, in which figures, and since when? Links to people and sites.",
    from: "now-3h",
    refresh: "1m",
    variables: [
      variables.datasource, variables.account, variables.kind, variables.site,
      variables.meeting("Meeting", 'kind=~"$kind"'), variables.media, variables.direction,
    ],
    panels: [...headline(t), everyone(t), ...bySite(t), verdictPanel(), ...overTime(t), ...machines(t)],
  };
}

function headline(t: Thresholds) {
  const polled = only("account, meeting", "zoom_meeting_polled_timestamp_seconds", here);
  return [
    stat({
      id: 1, width: 8, height: 3, title: "Meeting", unit: "short", text: "name",
      description: "The meeting's topic, its number or its UUID, whichever the privacy settings allow first.",
      noValue: "This meeting has ended, or it is not collected",
      queries: [{ expr: meetings([], here), legend: "{{name}}", instant: true }],
    }),
    stat({
      id: 2, width: 4, height: 3, title: "Poor or bad now", unit: "percentunit", decimals: 0, sparkline: true,
      description: "Share of poor or bad readings in the meeting's last five minutes of data.",
      steps: low(t.meeting), noValue: "no readings yet",
      queries: [{ expr: `${recent("account, meeting", here, poor)} / (${recent("account, meeting", here)} > 0)`, legend: "poor or bad" }],
    }),
    stat({
      id: 3, width: 3, height: 3, title: "People", unit: "locale", decimals: 0, sparkline: true,
      description: "People in the meeting.", noValue: "none",
      queries: [{ expr: only("account, meeting", "zoom_meeting_participants", here), legend: "people" }],
    }),
    stat({
      id: 4, width: 3, height: 3, title: "Degraded now", unit: "percentunit", decimals: 0, sparkline: true,
      description: "Share of people who are degraded in a medium (the one with most of them): too many of their readings of the last five minutes are poor or bad.",
      steps: low(t.meeting), noValue: "unknown",
      queries: [{
        expr: ratio(`(${degraded("account, meeting", here)} or 0 * ${recent("account, meeting", here)})`, present("account, meeting", here)),
        legend: "people",
      }],
    }),
    stat({
      id: 5, width: 3, height: 3, title: "Duration", unit: "s", decimals: 0,
      description: "Time since the meeting started.", noValue: "ended",
      queries: [{ expr: `time() - ${only("account, meeting", "zoom_meeting_start_timestamp_seconds", here)}`, legend: "duration" }],
    }),
    stat({
      id: 6, width: 3, height: 3, title: "Data age", unit: "s", decimals: 0,
      description: "Time since Zoom's last answer about this meeting's participants.",
      steps: low(2 * t.pollInterval), noValue: "ended",
      queries: [{ expr: `time() - ${polled}`, legend: "age" }],
    }),
  ];
}

/** The people in the meeting with their worst figures. */
function everyone(t: Thresholds) {
  const worst = (metric: string, ...matchers: string[]): string => only(person, metric, here, ...matchers);
  const heard = ['media="audio"', 'direction="received"'];
  const said = ['media="audio"', 'direction="sent"'];
  const chosen = ['media=~"$media"', 'direction=~"$direction"'];
  const facts: Fact[] = ["user", "site", "network_type", "device", "role"];
  const among = `and on (${person}) ${select("zoom_participant_network_info", here, 'site=~"$site"')}`;
  const badnessHere = badness(t, here, ...chosen);

  // A town hall has thousands of people.
  const of = (expr: string): string => `${expr} and on (${person}) topk(100, ${badnessHere} ${among})`;
  const figure = (field: string, title: string, unit: string, steps: Steps, width = 95): Column => ({
    field, title, unit, steps, width, decimals: unit === "percentunit" ? 1 : 0,
  });

  return table({
    id: 7, width: 24, height: 10, title: "Participants, worst first",
    description: "The newest figures of up to 100 people. “Worst stream”: 100 % is the threshold above which the worst of latency, jitter and packet loss is poor. “Loss in” is the packet loss of received audio, “loss out” that of sent audio. Click a name to open the person.",
    worst: "A", rows: 100, noValue: noPeople,
    queries: [
      { expr: withInfo(`topk(100, ${badnessHere} ${among})`, ["name", ...facts], here) },
      { expr: of(worst("zoom_qos_latency_seconds", ...chosen)) },
      { expr: of(worst("zoom_qos_jitter_seconds", ...chosen)) },
      { expr: of(worst("zoom_qos_packet_loss_ratio", ...heard)) },
      { expr: of(worst("zoom_qos_packet_loss_ratio", ...said)) },
      { expr: of(worst("zoom_qos_packet_loss_ratio", 'media=~"video|share"')) },
      { expr: of(worst("zoom_qos_system_cpu_max_ratio")) },
      { expr: of(worst("zoom_qos_wifi_rssi_avg_dbm")) },
      { expr: of(`time() - ${worst("zoom_qos_sample_timestamp_seconds")}`) },
    ],
    columns: [
      { field: "name", title: "Person", links: [toJoin(row), toPerson(row)] },
      { field: "A", title: "Worst stream", width: 105, unit: "percentunit", decimals: 0, steps: badnessSteps(t), filled: true },
      figure("B", "Latency", "s", verdicts(t.latency), 80),
      figure("C", "Jitter", "s", verdicts(t.jitter), 75),
      figure("D", "Loss in", "percentunit", verdicts(t.loss)),
      figure("E", "Loss out", "percentunit", verdicts(t.loss)),
      figure("F", "Video loss", "percentunit", verdicts(t.loss)),
      figure("G", "CPU", "percentunit", near(t.cpu, 0.15), 75),
      figure("H", "Wi-Fi", "suffix: dBm", high(t.wifi, t.wifi + 10), 85),
      { field: "site", title: "Site", width: 95, empty: "no site", links: [toSite(row, chosenKind)] },
      { field: "network_type", title: "Network", width: 80 },
      { field: "device", title: "Device", width: 105 },
      { field: "role", title: "Role", width: 90 },
      { field: "I", title: "Age", width: 70, unit: "s", decimals: 0 },
      { field: "account", title: "Account", hidden: true },
      { field: "meeting", title: "UUID", hidden: true },
      { field: "participant", title: "Join", hidden: true },
      { field: "user", title: "User", hidden: true },
    ],
  });
}

/** Where the people are, and where those who are degraded. */
function bySite(t: Thresholds) {
  const media = (field: string, title: string): Column => ({ field, title, width: 130, unit: "locale", decimals: 0, steps: low(t.meetingPeople) });
  return [
    table({
      id: 12, width: 12, height: 7, title: "Where the people are",
      description: "The people in the meeting by site, and those of them who are degraded in audio, video and screen share: too many of their readings of the last five minutes are poor or bad. All sites.",
      worst: "A", rows: 50, noValue: nobody,
      queries: [
        { expr: present("site", here) },
        ...["audio", "video", "share"].map((m) => ({ expr: `${degradedIn("site", here, `media="${m}"`)} or 0 * ${present("site", here)}` })),
      ],
      columns: [
        { field: "site", title: "Site", empty: "no site", links: [toSite(row, chosenKind)] },
        { field: "A", title: "People", width: 90, unit: "locale", decimals: 0 },
        media("B", "Degraded audio"),
        media("C", "Degraded video"),
        media("D", "Degraded share"),
      ],
    }),
    lines({
      id: 13, width: 12, height: 7, title: "Degraded people",
      description: "People in the meeting who are degraded in each medium: too many of their readings of the last five minutes are poor or bad. All sites.",
      unit: "locale", decimals: 0, min: 0, softMax: t.meetingPeople, steps: plain, noValue: nobody,
      queries: [{
        expr: `${degradedIn("media", here, 'media=~"$media"')} or 0 * ${recent("media", here, 'media=~"$media"')}`,
        legend: "{{media}}",
      }],
    }),
  ];
}

function verdictPanel() {
  const chosen = [here, 'media=~"$media"'];
  return notGood({
    id: 8, width: 6, height: 8, noValue: nobody, whose: "readings in the last five minutes of data",
    share: (verdict) => ratio(recent("", verdict, ...chosen), recent("", ...chosen)),
  });
}

/** Each figure, for the ten participants with the worst values. */
function overTime(t: Thresholds) {
  const streams = [here, 'media=~"$media"', 'direction=~"$direction"'];
  return figureNames.map((f, i) => {
    return lines({
      id: 9 + i, width: 6, height: 8, title: f.title,
      description: `${f.title} of the selected media and directions, for the worst stream of each person; the ten worst in this time range. The dashed lines are the limits of good, fair and poor. Click a line to open the person.`,
      unit: f.unit, min: 0, softMax: limitsOf(t, f.key).fair, steps: verdicts(limitsOf(t, f.key)), limits: true, noValue: noPeople,
      links: [toJoin(series)],
      queries: [{
        expr: withInfo(`(${only(person, f.now, ...streams)} and on (${person}) ${tenWorst(f.now, ...streams)})`, ["name", "user"], here),
        legend: "{{name}}",
      }],
    });
  });
}

function machines(t: Thresholds) {
  const panel = (id: number, title: string, description: string, metric: string, unit: string, pick: string, steps: Steps) =>
    lines({
      id, width: 8, height: 8, title, description, unit, steps, noValue: noPeople, limits: true,
      links: [toJoin(series)],
      ...(unit === "percentunit" ? { softMax: 1 } : {}),
      queries: [{
        expr: withInfo(`(${only(person, metric, here)} and on (${person}) ${pick})`, ["name", "user"], here),
        legend: "{{name}}",
      }],
    });
  const least = (metric: string) => `bottomk(10, min by (${person}) (min_over_time(${select(metric, here)}[$__range] @ end())))`;
  const bitrate = `8 * max by (${stream}) (zoom_qos_bitrate_bytes_per_second{${account}, ${here}, media=~"$media", direction=~"$direction"})`;
  return [
    { id: 20, heading: "Machines, Wi-Fi and bit rate" },
    panel(21, "CPU usage", "Highest CPU usage of the whole machine; the ten highest in this time range.",
      "zoom_qos_system_cpu_max_ratio", "percentunit", tenWorst("zoom_qos_system_cpu_max_ratio", here), near(t.cpu, 0.15)),
    panel(22, "Wi-Fi signal", "Average Wi-Fi signal; the ten weakest in this time range. People with a wired connection have none.",
      "zoom_qos_wifi_rssi_avg_dbm", "suffix: dBm", least("zoom_qos_wifi_rssi_avg_dbm"), high(t.wifi, t.wifi + 10)),
    lines({
      id: 23, width: 8, height: 8, title: "Median bit rate", unit: "bps", min: 0, steps: plain, noValue: noPeople,
      description: "Median of the people's streams with the selected media and directions.",
      queries: [{ expr: `quantile by (media, direction) (0.5, ${bitrate})`, legend: "{{media}} {{direction}}" }],
    }),
  ];
}

