import type { Definition } from "../dashboard.js";
import { row, toMeeting, toSite } from "../links.js";
import { lines, type Lines, noPeople, stat } from "../panels.js";
import { account, during, type Fact, fallback, meetings, names, only, people, person, select, stream, withInfo } from "../promql.js";
import { high, low, mos, near, plain, verdicts } from "../steps.js";
import { table } from "../table.js";
import type { Thresholds } from "../thresholds.js";
import * as variables from "../variables.js";
import { badness, badnessSteps, figureNames, limitsOf } from "./figures.js";

// Ids of joins are unique only within a meeting, so the two lists of choices alone
// would include other people: the info series decide who it is.
const chosen = ['meeting=~"$meeting"', 'participant=~"$participant"'];
const theirs = `and on (${person}) ${select("zoom_participant_info", 'user="$user"', ...chosen)}`;

const facts: Fact[] = [
  "site", "network_type", "connection_type", "device", "os", "os_version", "client", "client_version",
  "data_center", "location", "ip_address", "internal_ip_address", "pc_name", "domain",
];

/** All of Zoom's data about one person, over rejoins and meetings. */
export function participant(t: Thresholds): Definition {
  return {
    name: "participant",
    title: "Participant",
    description: "One person over rejoins and meetings: the streams they receive and send, their machine and their Wi-Fi. Requires that the privacy settings do not drop `user`.",
    from: "now-6h",
    refresh: "1m",
    variables: [
      variables.datasource, variables.account, variables.site,
      variables.user, variables.userMeeting, variables.userJoin, variables.media, variables.direction,
    ],
    panels: [...headline(t), ...media(t), ...machine(t), joins(), ...more(t)],
  };
}

function headline(t: Thresholds) {
  const name = fallback(
    `topk by (user) (1, ${during(only("user, email, user_name", "zoom_participant_info", 'user="$user"', ...chosen))})`,
    "name", ...names,
  );
  const worst = (o: { id: number; title: string; description: string; unit: string; expr: string; steps: Lines["steps"] }) =>
    stat({
      id: o.id, width: 3, height: 3, title: o.title, description: o.description, unit: o.unit, steps: o.steps,
      noValue: "–", queries: [{ expr: o.expr, legend: o.title }],
    });
  const now = (metric: string, ...matchers: string[]) => `${only(person, metric, ...chosen, ...matchers)} ${theirs}`;
  return [
    stat({
      id: 1, width: 6, height: 3, title: "Person", unit: "short", text: "name",
      description: "The person's name, e-mail address or ID, whichever the privacy settings allow first.",
      noValue: "Not in a meeting in this time range",
      queries: [{ expr: name, legend: "{{name}}", instant: true }],
    }),
    worst({
      id: 2, title: "Worst stream", unit: "percentunit", steps: badnessSteps(t), expr: `max(${badness(t, ...chosen)} ${theirs})`,
      description: "100 % is the threshold above which the worst of latency, jitter and packet loss is poor.",
    }),
    worst({
      id: 3, title: "Audio received", unit: "none", steps: mos, expr: `min(${now("zoom_qos_audio_mos_estimate", 'direction="received"')})`,
      description: "Estimated mean opinion score of the audio that the person hears now. 4.4 is the best; below 3.6 many listeners are dissatisfied.",
    }),
    worst({
      id: 4, title: "Audio sent", unit: "none", steps: mos, expr: `min(${now("zoom_qos_audio_mos_estimate", 'direction="sent"')})`,
      description: "Estimated mean opinion score of the audio that others hear from the person now.",
    }),
    worst({
      id: 5, title: "CPU usage", unit: "percentunit", steps: near(t.cpu, 0.15), expr: `max(${now("zoom_qos_system_cpu_max_ratio")})`,
      description: "Highest CPU usage of the person's whole machine in the newest minute.",
    }),
    worst({
      id: 6, title: "Wi-Fi", unit: "suffix: dBm", steps: high(t.wifi, t.wifi + 10), expr: `min(${now("zoom_qos_wifi_rssi_avg_dbm")})`,
      description: "Average Wi-Fi signal in the newest minute. Wired connections have none.",
    }),
    worst({
      id: 7, title: "Data age", unit: "s", steps: low(2 * t.pollInterval),
      expr: `min(time() - ${now("zoom_qos_sample_timestamp_seconds")})`,
      description: "Time since the person's newest minute of data.",
    }),
  ];
}

/** A panel of the person's streams; the worst if there are several joins. */
function streams(o: { id: number; title: string; description: string; metric: string; factor?: number; unit: string; width?: number } & Partial<Lines>) {
  const series = `max by (${stream}) (${select(o.metric, ...chosen, 'media=~"$media"', 'direction=~"$direction"')})`;
  return lines({
    noValue: noPeople, height: 7,
    ...o, width: o.width ?? 8,
    queries: [{
      expr: `${o.factor === undefined ? "" : `${o.factor} * `}max by (media, direction) (${series} ${theirs})`,
      legend: "{{media}} {{direction}}",
    }],
  });
}

function media(t: Thresholds) {
  return figureNames.map((f, i) =>
    streams({
      id: 10 + i, title: f.title, metric: f.now, unit: f.unit, min: 0,
      softMax: limitsOf(t, f.key).fair, steps: verdicts(limitsOf(t, f.key)), limits: true,
      description: `${f.title} of each of the person's streams. The dashed lines are the limits of good, fair and poor.`,
    }),
  );
}

function machine(t: Thresholds) {
  const of = (metric: string, pick: "max" | "min") => `${pick} by (account) (${only(person, metric, ...chosen)} ${theirs})`;
  const common = { width: 8, height: 7, noValue: noPeople } as const;
  return [
    lines({
      ...common, id: 20, title: "CPU usage", unit: "percentunit", min: 0, softMax: 1, steps: near(t.cpu, 0.15), limits: true,
      description: "CPU usage of the Zoom client and of the whole machine.",
      queries: [
        { expr: of("zoom_qos_client_cpu_min_ratio", "max"), legend: "client, lowest" },
        { expr: of("zoom_qos_client_cpu_avg_ratio", "max"), legend: "client, average" },
        { expr: of("zoom_qos_client_cpu_max_ratio", "max"), legend: "client, highest" },
        { expr: of("zoom_qos_system_cpu_max_ratio", "max"), legend: "machine, highest" },
      ],
    }),
    lines({
      ...common, id: 21, title: "Wi-Fi signal", unit: "suffix: dBm", steps: high(t.wifi, t.wifi + 10), limits: true,
      description: "Weakest, average and strongest signal in each minute.",
      noValue: "No Wi-Fi figures: a wired connection, or a client that does not report them",
      queries: [
        { expr: of("zoom_qos_wifi_rssi_min_dbm", "min"), legend: "weakest" },
        { expr: of("zoom_qos_wifi_rssi_avg_dbm", "min"), legend: "average" },
        { expr: of("zoom_qos_wifi_rssi_max_dbm", "min"), legend: "strongest" },
      ],
    }),
    streams({
      id: 22, title: "Estimated audio score", metric: "zoom_qos_audio_mos_estimate", unit: "none", decimals: 2, min: 1, max: 4.5, steps: mos, limits: true,
      description: "Mean opinion score by the E-model, estimated from latency, jitter and packet loss. Compare it only with itself, not with other scores.",
    }),
  ];
}

function joins() {
  const join = people("zoom_participant_info", ["user", "role"], 'user="$user"', ...chosen);
  const newest = `max by (${person}) (max_over_time(${select("zoom_qos_sample_timestamp_seconds", ...chosen)}[$__range]))`;
  const column = (field: string, title: string, width?: number) => ({ field, title, width });
  return table({
    id: 30, width: 24, height: 6, title: "Joins",
    description: "Each join of the person in this time range, latest first, with the information that the privacy settings allow. Click a meeting or a site to open it.",
    worst: "B", rows: 20, noValue: "Not in a meeting in this time range, or the exporter exposes no series of participants",
    queries: [
      { expr: during(`${withInfo(join, facts, ...chosen)} * on (account, meeting) group_left (name) ${meetings([])}`) },
      { expr: `1000 * ${newest} and on (${person}) ${during(join)}` },
    ],
    columns: [
      { ...column("name", "Meeting", 210), links: [toMeeting(row)] },
      { ...column("B", "Newest figures", 150), unit: "dateTimeAsIso" },
      { ...column("site", "Site", 80), empty: "no site", links: [toSite(row)] },
      column("network_type", "Network", 75),
      column("connection_type", "Connection", 90),
      column("device", "Device", 105),
      column("os", "OS", 80),
      column("os_version", "OS version", 90),
      column("client", "Client", 135),
      column("client_version", "Version", 95),
      column("data_center", "Data center", 165),
      column("location", "Location", 110),
      column("ip_address", "Address", 95),
      column("internal_ip_address", "Internal address", 115),
      column("pc_name", "Computer", 85),
      column("domain", "Domain", 95),
      column("role", "Role", 75),
      { field: "account", title: "Account", hidden: true },
      { field: "meeting", title: "UUID", hidden: true },
      { field: "participant", title: "Join", hidden: true },
    ],
  });
}

function more(t: Thresholds) {
  const size = (side: string) =>
    `max by (media, direction) (max by (${stream}) (zoom_qos_resolution_${side}_pixels{${account}, ${chosen.join(", ")}, media=~"$media", direction=~"$direction"}) ${theirs})`;
  return [
    { id: 40, heading: "More figures of the streams" },
    streams({
      id: 41, width: 6, title: "Bit rate", metric: "zoom_qos_bitrate_bytes_per_second", factor: 8, unit: "bps", min: 0, steps: plain,
      description: "Bit rate of each stream. If it is close to zero, the stream is muted or starved.",
    }),
    streams({
      id: 42, width: 6, title: "Frame rate", metric: "zoom_qos_frames_per_second", unit: "suffix: fps", min: 0, steps: plain,
      description: "Frames per second of video and screen share. A static screen has few.",
    }),
    lines({
      id: 43, width: 6, height: 7, title: "Resolution height", unit: "suffix: px", min: 0, steps: plain, noValue: noPeople,
      description: "Height of video and screen share in pixels. Zoom reduces it for slow networks and small windows.",
      queries: [{ expr: size("height"), legend: "{{media}} {{direction}}" }],
    }),
    streams({
      id: 44, width: 6, title: "Highest packet loss", metric: "zoom_qos_packet_loss_max_ratio", unit: "percentunit", min: 0, steps: verdicts(t.loss), limits: true,
      description: "Highest packet loss within each minute. It shows short bursts that the average hides.",
    }),
  ];
}
