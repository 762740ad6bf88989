import { lines, noReadings, window } from "../panels.js";
import { only, person, quantile, spoken } from "../promql.js";
import { type Steps, verdicts } from "../steps.js";
import type { Limits, Thresholds } from "../thresholds.js";

/** The three figures that determine a verdict. */
export const figureNames = [
  { key: "latency", title: "Latency", now: "zoom_qos_latency_seconds", histogram: "zoom_qos_reading_latency_seconds", unit: "s" },
  { key: "jitter", title: "Jitter", now: "zoom_qos_jitter_seconds", histogram: "zoom_qos_reading_jitter_seconds", unit: "s" },
  { key: "loss", title: "Packet loss", now: "zoom_qos_packet_loss_ratio", histogram: "zoom_qos_reading_packet_loss_ratio", unit: "percentunit" },
] as const;

/** The limits of a figure. */
export function limitsOf(t: Thresholds, key: "latency" | "jitter" | "loss"): Limits {
  return t[key];
}

/**
 * The worst figure of a participant's streams, as a multiple of the limit above
 * which it is poor.
 */
export function badness(t: Thresholds, ...matchers: string[]): string {
  const parts = figureNames.map(
    (f) => `label_replace(${only(person, f.now, ...matchers)} / ${limitsOf(t, f.key).fair}, "figure", "${f.key}", "", "")`,
  );
  return `max by (${person}) (${parts.join(" or ")})`;
}

/** Poor is above 1. The limits of good and poor differ between figures; this uses the lowest. */
export function badnessSteps(t: Thresholds): Steps {
  const [good, poor] = [
    Math.min(...figureNames.map((f) => limitsOf(t, f.key).good / limitsOf(t, f.key).fair)),
    Math.min(...figureNames.map((f) => limitsOf(t, f.key).poor / limitsOf(t, f.key).fair)),
  ];
  return verdicts({ good, fair: 1, poor });
}

/** Panels of the 95th percentiles of readings, by site or by stream. */
export function figures(t: Thresholds, id: number, by: "site" | "media, direction", matchers: string[]) {
  return figureNames.map((f, i) =>
    lines({
      id: id + i, width: 8, height: 8, title: `${f.title}, 95th percentile`,
      description: `95 % of the readings have at most this ${f.title.toLowerCase()}. The dashed lines are the limits of good, fair and poor.`,
      unit: f.unit, min: 0, softMax: limitsOf(t, f.key).fair, steps: verdicts(limitsOf(t, f.key)), limits: true, noValue: noReadings,
      queries: [{
        expr: by === "site" ? spoken(quantile(0.95, by, f.histogram, "rate", ...matchers), "where", by, "no site") : quantile(0.95, by, f.histogram, "rate", ...matchers),
        legend: by === "site" ? "{{where}}" : "{{media}} {{direction}}",
        step: window,
      }],
    }),
  );
}
