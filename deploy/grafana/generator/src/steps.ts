import type { Threshold } from "@grafana/grafana-foundation-sdk/dashboard";

import type { Limits } from "./thresholds.js";

/** Colours by their lowest value; the first has none. Named colours suit both themes. */
export type Steps = Threshold[];

function steps(base: string, ...rest: [number, string][]): Steps {
  return [{ value: null, color: base }, ...rest.map(([value, color]) => ({ value, color }))];
}

/** For values that are neither good nor bad. */
export const plain: Steps = steps("blue");

/** The colours of verdicts, for a figure with these limits. */
export function verdicts(limits: Limits): Steps {
  return steps("green", [limits.good, "yellow"], [limits.fair, "orange"], [limits.poor, "red"]);
}

/** Low is good: yellow from half of the alert's threshold, red from the threshold. */
export function low(alarm: number): Steps {
  return steps("green", [alarm / 2, "yellow"], [alarm, "red"]);
}

/** Low is good: yellow from a margin below the alert's threshold, red from the threshold. */
export function near(alarm: number, margin: number): Steps {
  return steps("green", [round(alarm - margin), "yellow"], [alarm, "red"]);
}

// 0.95 - 0.15 is not exactly 0.8.
function round(x: number): number {
  return Number(x.toFixed(6));
}

/** High is good: red below the first value, yellow below the second. */
export function high(alarm: number, fine: number): Steps {
  return steps("red", [round(alarm), "yellow"], [round(fine), "green"]);
}

/** Anything above 0 is a warning. */
export const none: Steps = steps("green", [0.001, "orange"]);

/** Anything above 0 is a failure. */
export const never: Steps = steps("green", [0.001, "red"]);

/** 1 is good, 0 is bad. */
export const up: Steps = steps("red", [1, "green"]);

/** The E-model's bounds of satisfaction, by ITU-T G.109. */
export const mos: Steps = steps("red", [3.1, "orange"], [3.6, "yellow"], [4.03, "green"]);

/** The colour of each verdict. */
export const verdictColours: Record<string, string> = { good: "green", fair: "yellow", poor: "orange", bad: "red" };
