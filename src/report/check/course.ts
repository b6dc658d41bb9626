/** The course of a signal over the layers as one line of bars on a log scale, where a finding's evidence holds one. */

import type { Finding } from "../../check/types.ts";
import { formatNumber } from "../number.ts";
import type { Theme } from "../theme.ts";

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

function numbersOf(value: Finding["evidence"][string] | undefined): number[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is number => typeof each === "number");
}

/** Every n-th value where there are more than fit. */
function thin(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))] ?? 0);
}

function bars(values: readonly number[]): string {
  const logs = values.map((value) => (value > 0 ? Math.log(value) : Number.NEGATIVE_INFINITY));
  const finite = logs.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return logs
    .map((log) =>
      Number.isFinite(log) ? BLOCKS[high === low ? 7 : Math.round(((log - low) / (high - low)) * 7)] : "·",
    )
    .join("");
}

/** First layer to last, left to right, with the two ends in numbers. */
export function courseLines({ evidence }: Finding, width: number, theme: Theme): string[] {
  const lines: string[] = [];
  const series = [
    { title: "signal  ", values: numbersOf(evidence.signal ?? evidence.secondMoments), paint: theme.forward },
    { title: "gradient", values: numbersOf(evidence.gradients), paint: theme.gradient },
  ];
  for (const { title, values, paint } of series) {
    if (values.length < 3) continue;
    const [first, last] = [formatNumber(values[0] ?? 0), formatNumber(values.at(-1) ?? 0)];
    const room = width - title.length - first.length - last.length - 3;
    if (room < 8) continue;
    lines.push(`${theme.quiet(`${title} ${first}`)} ${paint(bars(thin(values, room)))} ${theme.quiet(last)}`);
  }
  return lines;
}
