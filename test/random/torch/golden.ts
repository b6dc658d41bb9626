/** Golden values that PyTorch made: reading them, and setting ours beside them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shared } from "../../formats/corpus-paths.ts";

export interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bits?: readonly number[];
  readonly hex?: readonly string[];
  readonly values?: readonly (number | string)[];
}

export interface Case {
  readonly id: string;
  readonly call: string;
  readonly result: Tensor & Record<string, unknown>;
}

export function golden(name: string): readonly Case[] {
  return JSON.parse(readFileSync(join(shared, "golden", `${name}.json`), "utf8")).cases;
}

/** Order of float32 patterns, so that neighbours differ by 1 across zero too. */
const ordered32 = (pattern: number): number => (pattern & 0x80000000 ? 0x80000000 - pattern : pattern);

/** Units in the last place between ours and the golden tensor, element by element. */
export function distances(ours: Float32Array | Float64Array, { bits, hex }: Tensor): number[] {
  if (ours instanceof Float32Array) {
    const patterns = new Uint32Array(ours.buffer, ours.byteOffset, ours.length);
    return (bits ?? []).map((pattern, i) => Math.abs(ordered32(pattern) - ordered32(patterns[i] ?? Number.NaN)));
  }
  const patterns = new BigInt64Array(ours.buffer, ours.byteOffset, ours.length);
  const ordered64 = (pattern: bigint) => (pattern < 0n ? -(pattern & 0x7fffffffffffffffn) : pattern);
  return (hex ?? []).map((text, i) => {
    const difference = ordered64(BigInt.asIntN(64, BigInt(`0x${text}`))) - ordered64(patterns[i] ?? 0n);
    return Number(difference < 0n ? -difference : difference);
  });
}

/** Largest distance; Infinity where the lengths differ. */
export function worst(ours: Float32Array | Float64Array, tensor: Tensor): number {
  const all = distances(ours, tensor);
  return all.length === ours.length ? Math.max(0, ...all) : Number.POSITIVE_INFINITY;
}
