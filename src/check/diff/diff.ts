/** What became of every parameter from one file to another. */

import type { Model, Parameter } from "../../model/types.ts";
import { identifyModel, type Likeness } from "../looks-like/index.ts";
import { clonedLayers, clonesWithin, equalTensors, type Fingerprint, fingerprints } from "./clones.ts";
import { matchPrefix } from "./names.ts";
import { type Comparison, compareValues, piecesOf } from "./pass.ts";
import { reshapeDetail } from "./reshape.ts";
import type { Diff, Side, Status, TensorDiff } from "./types.ts";

export interface DiffOptions {
  /** Called before each tensor with the share of steps that are done, and waited for. */
  readonly onProgress?: (done: number, tensor: string) => void | Promise<void>;
}

const side = ({ shape, dtype }: Parameter): Side => ({ shape, dtype });
const sameShape = (a: Side, b: Side) =>
  a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);

/** atanh(r)·√(n − 3) is a standard normal for independent numbers (Fisher 1921); this many deviations are no chance. */
const DEVIATIONS = 6;
/** Fewer numbers do not tell that there is no relation. */
const FEWEST = 64;

function areRelated(correlation: number | null, count: number): boolean {
  if (correlation === null || count < 5) return false;
  return Math.atanh(Math.min(1 - 1e-15, Math.abs(correlation))) * Math.sqrt(count - 3) > DEVIATIONS;
}

function statusOf({ equal, rounded, correlation, count }: Comparison, likeness: Likeness | null): Status {
  if (equal || rounded !== null) return "unchanged";
  if (areRelated(correlation, count)) return "trained";
  if (likeness && "initializer" in likeness) return count >= FEWEST || correlation === null ? "re-drawn" : "changed";
  // Nothing of the first file is left in it: from a constant (zeros, ones) training is the way here.
  if (likeness?.family === "trained")
    return correlation === null ? "trained" : count >= FEWEST ? "replaced" : "changed";
  return "changed";
}

interface Found extends Omit<TensorDiff, "likeness" | "cloneOf" | "renamedFrom" | "status"> {
  readonly comparison: Comparison | null;
  readonly status: Status | null;
}

const nothing = { rounded: null, change: null, correlation: null, detail: "", comparison: null } as const;

function compareParameter(a: Model, left: Parameter, b: Model, right: Parameter): Found {
  const base = { name: right.name, a: side(left), b: side(right) };
  if (!sameShape(left, right)) {
    return { ...base, ...nothing, status: "reshaped", detail: reshapeDetail(a, left, b, right) };
  }
  const [x, y] = [piecesOf(a, left.name), piecesOf(b, right.name)];
  if (!x || !y) return { ...base, ...nothing, status: "changed", detail: "without values in one of the files" };
  const comparison = compareValues(x, y);
  const { rounded, change, correlation, equal } = comparison;
  const status = equal || rounded !== null ? "unchanged" : null;
  return { ...base, rounded, change, correlation, detail: "", comparison, status };
}

/** Names of the first file whose numbers a new tensor has. */
function origins(
  a: Model,
  prints: readonly Fingerprint[],
  b: Model,
  mine: readonly Fingerprint[],
): Map<string, string> {
  const byHash = new Map(prints.map(({ hash, name }) => [hash, name]));
  const found = new Map<string, string>();
  for (const { name, hash } of mine) {
    const other = byHash.get(hash);
    if (other !== undefined && equalTensors(a, other, b, name)) found.set(name, other);
  }
  return found;
}

/**
 * Compares two models' parameters by name, whatever formats they come from; every tensor is read piece by piece.
 *
 * Equal numbers are unchanged, also where one file holds them rounded to float16 or bfloat16. What differs is held against
 * chance: correlated with the first file's numbers it was trained from them; uncorrelated and like a draw it was drawn anew;
 * uncorrelated and unlike any draw it was replaced.
 *
 * @example (await diffModels(before, after)).summary.trained // 6
 */
export async function diffModels(a: Model, b: Model, { onProgress }: DiffOptions = {}): Promise<Diff> {
  // Each parameter is hashed in both files, compared, and identified where it changed.
  const steps = 3 * Math.max(1, a.parameters.size + b.parameters.size);
  let step = 0;
  const pause = async (name: string) => {
    await onProgress?.(Math.min(1, step++ / steps), name);
  };
  const printsA = await fingerprints(a, pause);
  const printsB = await fingerprints(b, pause);
  const { prefix, inFirst } = matchPrefix([...a.parameters.keys()], [...b.parameters.keys()]);
  const found: Found[] = [];
  const matched = new Set<string>();
  for (const right of b.parameters.values()) {
    await pause(right.name);
    const left = a.parameters.get(inFirst(right.name));
    if (left) matched.add(left.name);
    found.push(
      left
        ? compareParameter(a, left, b, right)
        : { name: right.name, a: null, b: side(right), ...nothing, status: "new" },
    );
  }
  const changed = new Set(found.filter(({ status }) => status !== "unchanged").map(({ name }) => name));
  const likenesses = new Map<string, Likeness>();
  for (const { parameter, likeness } of identifyModel(b, changed)) {
    likenesses.set(parameter.name, likeness);
    await pause(parameter.name);
  }
  const clones = clonesWithin(b, printsB);
  const renamed = origins(
    a,
    printsA,
    b,
    printsB.filter(({ name }) => changed.has(name)),
  );
  const tensors = found.map(({ comparison, status, ...rest }): TensorDiff => {
    const likeness = likenesses.get(rest.name) ?? null;
    return {
      ...rest,
      status: status ?? (comparison ? statusOf(comparison, likeness) : "changed"),
      likeness,
      cloneOf: clones.get(rest.name) ?? [],
      renamedFrom: renamed.get(rest.name) ?? null,
    };
  });
  for (const left of a.parameters.values()) {
    if (matched.has(left.name)) continue;
    const { comparison: _, ...none } = nothing;
    tensors.push({
      ...none,
      name: left.name,
      status: "missing",
      a: side(left),
      b: null,
      likeness: null,
      cloneOf: [],
      renamedFrom: null,
    });
  }
  return {
    schema: "epoch0.diff/1",
    a: { format: a.format, name: a.name, parameters: a.parameters.size },
    b: { format: b.format, name: b.name, parameters: b.parameters.size },
    prefix,
    summary: summaryOf(tensors),
    tensors,
    clonedLayers: clonedLayers(
      clones,
      printsB.map(({ name }) => name),
    ),
  };
}

function summaryOf(tensors: readonly TensorDiff[]): Record<Status, number> {
  const counts: Record<Status, number> = {
    unchanged: 0,
    "re-drawn": 0,
    trained: 0,
    replaced: 0,
    changed: 0,
    reshaped: 0,
    missing: 0,
    new: 0,
  };
  for (const { status } of tensors) counts[status]++;
  return counts;
}
