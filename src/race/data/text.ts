/** A small text of our own, for models that read tokens. */

import { createKey, fillBits, type Seed } from "../../random/index.ts";

const TEXT = `
Before a network has seen a single example, somebody has already decided how it will begin. Each weight is a number, and
each number was drawn from somewhere. If all of them are zero, nothing moves: every unit of a layer computes the same
value, receives the same correction, and stays the twin of its neighbour for ever. If they are too large, the units sit
where their curves are flat, and the error that comes back finds no slope to climb. If they are too small, the signal
fades from layer to layer until the last one hears only silence. Between these ways of failing lies a narrow path, and to
walk along it is a matter of arithmetic, not of luck.

Consider one unit with many inputs. It adds up as many products as it has inputs, and the variance of a sum of independent
terms is the sum of their variances. So the variance of the sum grows with the number of inputs, and the variance of each
weight must shrink in the same measure. This is the whole secret of the square root in the rule: divide by the root of
the number of inputs, and the sum keeps the size of what came in. What the curve of the unit does to that sum is the next
question, and each curve has its own answer. One that cuts away the negative half keeps half of the mean square, and so
the weights have to be larger by the root of two. One that bends at both ends loses a little each time, and so on.

The way back obeys the same arithmetic with the roles exchanged. What counts there is the number of outputs, and the slope
of the curve instead of its value. A rule that is right for one direction is not always right for the other, and a deep
network multiplies the difference as often as it has layers. Three is not far from one, but three to the power of ten is
far from anything. That is why a rule can look harmless in a network of two layers and stop a network of twenty.

Then there is the question of the step. A large step does not cure a small slope, for the units that do have a slope take
the same large step and leave the place where they could learn. The largest step that is stable depends on how sharply the
loss is curved, and the curvature depends on the weights. So the step and the weights are chosen together or not at all.
Whoever changes the one should look at the other again, and whoever reads that one of them does not matter should ask which
of them was held fixed while this was found out. Measure first, then believe; and say what was measured, and how often, and
how far the numbers lay apart.
`;

/** The text, one line of prose a paragraph. */
export const text = TEXT.trim()
  .split("\n\n")
  .map((paragraph) => paragraph.replaceAll("\n", " "))
  .join("\n");

/**
 * Characters as token ids: their codes where the vocabulary holds ASCII (128 or more), else their rank by frequency, the
 * rarest sharing the last id.
 */
export function tokens(vocabulary: number): Int32Array {
  if (vocabulary >= 128) return Int32Array.from(text, (char) => char.charCodeAt(0));
  return ranks(vocabulary);
}

/** Rank by frequency, 0 … limit − 1; the rarest characters share the last one. */
export function ranks(limit: number): Int32Array {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([char]) => char);
  const rank = new Map(order.map((char, i) => [char, Math.min(i, limit - 1)]));
  return Int32Array.from(text, (char) => rank.get(char) ?? limit - 1);
}

/** Places in `from … to − length − 1` where windows of this length begin, a character after them; drawn at random. */
export function windows(
  seed: Seed,
  { from, to, length, count }: { from: number; to: number; length: number; count: number },
): Int32Array {
  const words = new Uint32Array(count);
  fillBits(words, createKey(seed, `epoch0 data: windows of the text from ${from}`), 0);
  return Int32Array.from(words, (word) => from + Math.floor((word / 2 ** 32) * (to - from - length)));
}
