import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface RuleFile {
  groups: { rules: { record: string; labels?: Record<string, string>; expr: string }[] }[];
}

/** The highest value of each verdict of a figure; anything above poor is bad. */
export interface Limits {
  good: number;
  fair: number;
  poor: number;
}

/** The thresholds of the rules, which colour the panels. */
export interface Thresholds {
  latency: Limits;
  jitter: Limits;
  loss: Limits;
  /** Share of poor or bad readings of a meeting, a site and an account. */
  meeting: number;
  site: number;
  account: number;
  panelists: number;
  /** Minimum number of readings and of people of a meeting. */
  meetingReadings: number;
  meetingPeople: number;
  /** The highest normal CPU usage, and the share of people above it that raises an alert. */
  cpu: number;
  cpuHigh: number;
  /** The weakest good Wi-Fi signal, and the share of people below it that raises an alert. */
  wifi: number;
  wifiWeak: number;
  serviceLevel: number;
  staleIntervals: number;
  pollInterval: number;
  coverage: number;
  requestFailures: number;
  lost: number;
  budgetRemaining: number;
  foreignUse: number;
}

/** Reads the rule file with the thresholds of the alerts. */
export function readThresholds(path: string): Thresholds {
  const file = parse(readFileSync(path, "utf8")) as RuleFile;
  const rules = file.groups.flatMap((group) => group.rules);

  const number = (name: string, verdict?: string): number => {
    const rule = rules.find((r) => r.record === `zoom:threshold:${name}` && r.labels?.verdict === verdict);
    const value = /^vector\((-?[0-9.]+)\)$/.exec(rule?.expr ?? "")?.[1];
    if (value === undefined) {
      const of = verdict === undefined ? "" : ` of verdict ${verdict}`;
      throw new Error(`${path}: zoom:threshold:${name}${of} should be vector(a number)`);
    }
    return Number(value);
  };
  const limits = (name: string): Limits => ({
    good: number(name, "good"),
    fair: number(name, "fair"),
    poor: number(name, "poor"),
  });

  return {
    latency: limits("latency_seconds"),
    jitter: limits("jitter_seconds"),
    loss: limits("packet_loss_ratio"),
    meeting: number("meeting_degraded_ratio"),
    site: number("site_degraded_ratio"),
    account: number("account_degraded_ratio"),
    panelists: number("panelists_degraded_ratio"),
    meetingReadings: number("meeting_readings"),
    meetingPeople: number("meeting_participants"),
    cpu: number("cpu_ratio"),
    cpuHigh: number("cpu_high_ratio"),
    wifi: number("wifi_rssi_dbm"),
    wifiWeak: number("wifi_weak_ratio"),
    serviceLevel: number("service_level_ratio"),
    staleIntervals: number("stale_intervals"),
    pollInterval: number("poll_interval_seconds"),
    coverage: number("coverage_ratio"),
    requestFailures: number("request_failures_ratio"),
    lost: number("participant_lost_ratio"),
    budgetRemaining: number("budget_remaining_ratio"),
    foreignUse: number("foreign_use_ratio"),
  };
}
