/** What the training shows at a step, in sentences and as a table. */

import { formatNumber } from "../../../../src/report/number.ts";
import type { Frame, Training } from "../../../../src/reproduce/twins/index.ts";
import type { Table } from "../../chart/csv.ts";

const UNITS = 4;
/** Names of units: equal letters are one unit. */
export const letter = (group: number) => "ABCD"[group] ?? "?";

const distinct = (groups: readonly number[]) => new Set(groups).size;
const twins = ({ groups }: Frame) => groups.every((layer) => distinct(layer) === 1);

/** The finding of the whole training. */
export function titleOf({ frames, moved, diverged }: Training): string {
  if (diverged !== null) return `The training diverges at step ${diverged}`;
  const last = frames.at(-1)!;
  const forEver = frames.every(twins);
  if (moved === null) return "No hidden weight ever moves: only the last bias learns";
  if (forEver)
    return moved === 1
      ? "The weights learn, but the four units of a layer stay one unit for ever"
      : `From step ${moved} the hidden weights move, but the four units of a layer stay one unit for ever`;
  return frames[0]!.stableRank < 1.05
    ? `A breath of noise, and the units can part: loss ${formatNumber(last.loss)}`
    : `Drawn weights: every unit is its own from the start, loss ${formatNumber(last.loss)}`;
}

const NUMBERS = ["no", "one", "two", "three", "four"];

function unitsWords(groups: readonly number[], which: string): string {
  const count = distinct(groups);
  if (count === 1) return `all 4 units of the ${which} hidden layer are the same unit`;
  if (count === UNITS) return `all 4 units of the ${which} hidden layer differ`;
  return `the ${which} hidden layer has ${NUMBERS[count]} different units`;
}

export function sentence({ frames, moved, diverged }: Training, step: number): string {
  const at = Math.min(step, frames.length - 1);
  const frame = frames[at]!;
  const [first, second] = frame.groups;
  const both = distinct(first!) === 1 && distinct(second!) === 1;
  const units = both
    ? "in both hidden layers all 4 units are the same unit, to the bit"
    : `${unitsWords(first!, "first")}, ${unitsWords(second!, "second")}`;
  const still = moved === null || at < moved ? " The hidden weights have not moved." : "";
  const end =
    diverged === null ? "" : ` At step ${diverged} the loss was no number any more: the learning rate is too large.`;
  return `After ${at} steps ${units}; the matrix between them has rank ${frame.rank} of 4 (${formatNumber(frame.stableRank)} by size). The loss is ${formatNumber(frame.loss)}.${still}${end}`;
}

/** What loss and rank come to, and why. */
export function progressWords({ frames }: Training): string {
  const [first, last] = [frames[0]!, frames.at(-1)!];
  const why = twins(last)
    ? "Equal units answer every input equally and are blamed equally, so no step can tell them apart: a matrix between equal units has rank 1 at most."
    : "Units that differ are blamed differently, and each step can make them differ more.";
  return `The loss goes from ${formatNumber(first.loss)} to ${formatNumber(last.loss)}, the rank from ${first.rank} to ${last.rank} of 4 (${formatNumber(last.stableRank)} by size). ${why}`;
}

/** Every few steps, and the last. */
export function tableOf({ frames }: Training): Table {
  const every = Math.max(1, Math.floor(frames.length / 50));
  return {
    columns: ["step", "loss", "rank", "rank by size", "different units, layer 1", "different units, layer 2"],
    rows: frames.flatMap(({ loss, rank, stableRank, groups }, step) =>
      step % every === 0 || step === frames.length - 1
        ? [[step, loss, rank, stableRank, distinct(groups[0]!), distinct(groups[1]!)]]
        : [],
    ),
  };
}

export function weightsTable({ layers }: Frame): Table {
  return {
    columns: ["weight", "from 1", "from 2", "from 3", "from 4", "bias"],
    rows: layers.flatMap(({ weights, biases }, l) =>
      weights.map((row, o) => [
        l === layers.length - 1 ? "output" : `layer ${l + 1}, unit ${o + 1}`,
        ...Array.from({ length: 4 }, (_, i) => row[i] ?? null),
        biases[o]!,
      ]),
    ),
  };
}
