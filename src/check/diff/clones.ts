/** Parameters with the very same numbers: found by a hash of their values, confirmed one by one. */

import type { Model } from "../../model/types.ts";
import type { Values } from "../statistics/types.ts";
import { compareValues, piecesOf } from "./pass.ts";

export interface Fingerprint {
  readonly name: string;
  readonly shape: readonly number[];
  readonly hash: string;
}

/** Fewer numbers may agree by chance or by design; constants always do. */
const FEWEST = 16;

/** FNV-1a over the float32 bits, in two lanes of different offset. */
function hashOf(pieces: Iterable<Values>): string | null {
  let one = 0x811c9dc5;
  let two = 0x9e3779b9;
  let first: number | null = null;
  let constant = true;
  for (const piece of pieces) {
    const narrow = piece instanceof Float32Array ? piece : Float32Array.from(piece);
    const bits = new Uint32Array(narrow.buffer, narrow.byteOffset, narrow.length);
    first ??= bits[0] ?? null;
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]!;
      if (word !== first) constant = false;
      one = Math.imul(one ^ word, 0x01000193);
      two = Math.imul(two + word, 0x85ebca6b) ^ (two >>> 15);
    }
  }
  return constant ? null : `${one >>> 0}.${two >>> 0}`;
}

/** Hashes of all parameters that may be clones: enough numbers, not all alike. */
export async function fingerprints(model: Model, pause: (name: string) => Promise<void>): Promise<Fingerprint[]> {
  const found: Fingerprint[] = [];
  for (const { name, shape } of model.parameters.values()) {
    if (shape.reduce((product, size) => product * size, 1) < FEWEST) continue;
    await pause(name);
    const pieces = piecesOf(model, name);
    const hash = pieces ? hashOf(pieces) : null;
    if (hash !== null) found.push({ name, shape, hash: `${hash} ${shape.join("x")}` });
  }
  return found;
}

/** By name: the other names of the same model with equal numbers. */
export function clonesWithin(model: Model, prints: readonly Fingerprint[]): Map<string, string[]> {
  const byHash = new Map<string, string[]>();
  for (const { name, hash } of prints) byHash.set(hash, [...(byHash.get(hash) ?? []), name]);
  const clones = new Map<string, string[]>();
  for (const names of byHash.values()) {
    const [first = ""] = names;
    const equal = names.filter((name) => name === first || equalTensors(model, first, model, name));
    if (equal.length > 1)
      for (const name of equal)
        clones.set(
          name,
          equal.filter((other) => other !== name),
        );
  }
  return clones;
}

export function equalTensors(a: Model, nameA: string, b: Model, nameB: string): boolean {
  const [left, right] = [piecesOf(a, nameA), piecesOf(b, nameB)];
  return left !== null && right !== null && compareValues(left, right).equal;
}

/** Where two names of equally many parts differ in one part only, the module that this part ends; null otherwise. */
function moduleOf(a: string, b: string): { readonly a: string; readonly b: string } | null {
  const [left, right] = [a.split("."), b.split(".")];
  if (left.length !== right.length) return null;
  const apart = left.flatMap((part, i) => (part === right[i] ? [] : [i]));
  const [at] = apart;
  if (apart.length !== 1 || at === undefined || at === left.length - 1) return null;
  return { a: left.slice(0, at + 1).join("."), b: right.slice(0, at + 1).join(".") };
}

/**
 * Modules that are copies of each other: all their parameters that are no constants are equal, name by name.
 *
 * @param clones of `clonesWithin`
 * @param candidates names of all parameters that could be clones
 */
export function clonedLayers(
  clones: ReadonlyMap<string, readonly string[]>,
  candidates: readonly string[],
): string[][] {
  const counts = new Map<string, { readonly pair: readonly [string, string]; count: number }>();
  for (const [name, others] of clones) {
    for (const other of others) {
      const pair = name < other ? moduleOf(name, other) : null;
      if (!pair) continue;
      const key = `${pair.a}\u0000${pair.b}`;
      const known = counts.get(key) ?? { pair: [pair.a, pair.b] as const, count: 0 };
      counts.set(key, { ...known, count: known.count + 1 });
    }
  }
  const inside = (module: string) => candidates.filter((name) => name.startsWith(`${module}.`)).length;
  const groups: string[][] = [];
  for (const { pair, count } of counts.values()) {
    const [a, b] = pair;
    if (count !== inside(a) || count !== inside(b)) continue;
    const group = groups.find((known) => known.includes(a) || known.includes(b));
    if (!group) groups.push([a, b]);
    else for (const module of pair) if (!group.includes(module)) group.push(module);
  }
  return groups;
}
