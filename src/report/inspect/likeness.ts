/** What a tensor looks like, in a few words. */

import type { InspectedTensor } from "../../check/inspect.ts";
import { describe } from "../../init/index.ts";
import { formatNumber, formatShare } from "../number.ts";

/** "torch, U(±0.125)", "trained, from normal", "10 numbers are too few …". */
export function likenessText({ likeness }: Pick<InspectedTensor, "likeness">): string {
  switch (likeness.family) {
    case "trained":
      return likeness.nearest === null ? "trained" : `trained (was ${likeness.nearest}?)`;
    case "unknown":
      return `? ${likeness.why}`;
    default: {
      const [scheme] = likeness.schemes;
      const law = describe(likeness.initializer);
      const known = scheme !== undefined && scheme !== likeness.family;
      return known ? `${scheme}: ${law}` : law;
    }
  }
}

/** What stands out before anything else: numbers that are not finite, zeros among numbers. */
export function troubleText({
  nan,
  infinite,
  zeros,
  count,
  std,
}: Pick<InspectedTensor, "nan" | "infinite" | "zeros" | "count" | "std">): string {
  const parts: string[] = [];
  if (nan > 0) parts.push(`${nan} NaN`);
  if (infinite > 0) parts.push(`${infinite} infinite`);
  if (zeros > 0 && std > 0) parts.push(`${formatShare(zeros / count)} zeros`);
  return parts.join(", ");
}

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The histogram in `width` cells; an empty bin is a space. */
export function histogramText(
  { histogram: { counts }, std }: Pick<InspectedTensor, "histogram" | "std">,
  width: number,
): string {
  if (!(std > 0)) return "";
  const each = counts.length / width;
  const bins = Array.from({ length: width }, (_, i) =>
    counts.slice(Math.floor(i * each), Math.floor((i + 1) * each)).reduce((sum, x) => sum + x, 0),
  );
  const most = Math.max(1, ...bins);
  return bins.map((bin) => (bin === 0 ? " " : BARS[Math.min(7, Math.floor((bin / most) * 8))])).join("");
}

/** 3.42, or "≈3.42" where it was estimated from a part and may be off by more than a hundredth. */
export function estimated(value: number, error: number): string {
  return error > 0.01 ? `≈${formatNumber(value)}` : formatNumber(value);
}
