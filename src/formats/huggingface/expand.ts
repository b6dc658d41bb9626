/** Rows of a family → tensors with their shapes. */

import { FormatError } from "../error.ts";
import { elementCount, shown } from "../shape.ts";
import type { Sizes } from "./types.ts";

export interface ShapedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Stored as the difference from 1. */
  readonly shifted: boolean;
}

/** Layers times experts of the largest models stay below a tenth. */
const MAX_TENSORS = 1_000_000;

interface Row {
  readonly name: string;
  readonly axes: readonly string[];
  readonly shifted: boolean;
}

function sizeOf(sizes: Sizes, name: string): number {
  const value = Object.hasOwn(sizes, name) ? sizes[name] : undefined;
  if (value === undefined) throw new Error(`families: a row speaks of ${name}, which its sizes do not have`);
  return value;
}

function rowsOf(table: string, sizes: Sizes): Row[] {
  const rows: Row[] = [];
  for (const line of table.split("\n")) {
    const [name, ...words] = line.trim().split(/\s+/);
    if (name === undefined || name === "") continue;
    const wanted = words.every(
      (word) =>
        !/^[?!]/.test(word) ||
        (word.startsWith("?") ? sizeOf(sizes, word.slice(1)) !== 0 : sizeOf(sizes, word.slice(1)) === 0),
    );
    if (!wanted) continue;
    rows.push({ name, axes: words.filter((word) => !/^[?!=]/.test(word)), shifted: words.includes("=shift") });
  }
  return rows;
}

function axisOf(axis: string, sizes: Sizes): number {
  const [, factor, name] = /^(?:(\d+)\*)?([a-z]\w*)$/i.exec(axis) ?? [];
  return name === undefined ? Number(axis) : Number(factor ?? 1) * sizeOf(sizes, name);
}

const COUNTER = /\{(\w+)\}/;

/** Rows that count the same thing are written out together, once for each number. */
function* unroll(rows: readonly Row[], sizes: Sizes): Generator<Row> {
  for (let i = 0; i < rows.length; ) {
    const row = rows[i]!;
    const counter = COUNTER.exec(row.name)?.[0];
    if (counter === undefined) {
      yield row;
      i += 1;
      continue;
    }
    let end = i;
    while (rows[end] && COUNTER.exec(rows[end]!.name)?.[0] === counter) end += 1;
    const group = rows.slice(i, end);
    for (let n = 0; n < sizeOf(sizes, counter.slice(1, -1)); n++)
      yield* unroll(
        group.map((each) => ({ ...each, name: each.name.replace(counter, String(n)) })),
        sizes,
      );
    i = end;
  }
}

/** @throws FormatError where there would be too many */
export function expand(table: string, sizes: Sizes): ShapedTensor[] {
  const tensors: ShapedTensor[] = [];
  for (const { name, axes, shifted } of unroll(rowsOf(table, sizes), sizes)) {
    if (tensors.length === MAX_TENSORS)
      throw new FormatError(`config: more than ${MAX_TENSORS} tensors, check the numbers of layers and experts`);
    const shape = axes.map((axis) => axisOf(axis, sizes));
    elementCount(shape, `config: ${shown(name)}`);
    tensors.push({ name, shape, shifted });
  }
  return tensors;
}
