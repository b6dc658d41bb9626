/** All parameters of a model: a bias of a few numbers is judged with the weight that it stands beside. */

import type { Model, Parameter } from "../../model/types.ts";
import { analyse } from "../../plan/usage/index.ts";
import { effortFor, parameterStatistics, sharedRoom } from "../statistics/index.ts";
import type { TensorStatistics } from "../statistics/types.ts";
import { identify } from "./identify.ts";
import type { Likeness, TensorUse } from "./types.ts";

export interface ParameterUse extends TensorUse {
  /** The weight beside which a bias stands. */
  readonly owner: string | null;
}

/** What each parameter is for. @example usageOf(model).get("fc1.weight")?.fans.true.fanIn // 784 */
export function usageOf(model: Model): ReadonlyMap<string, ParameterUse> {
  return analyse(model).byName;
}

export interface IdentifiedParameter {
  readonly parameter: Parameter;
  readonly use: ParameterUse;
  readonly statistics: TensorStatistics;
  readonly likeness: Likeness;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Numbers from which on a vector speaks for itself. */
const TELLING = 1024;

/**
 * Statistics and likeness of each parameter that has values, in the file's order, one at a time: what is yielded is good
 * until the next one is asked for.
 *
 * A weight and its bias are trained together: a bias that has moved from its start tells of a weight whose own movement is too
 * small to be seen, and a bias of a few numbers beside a trained weight is not called fresh.
 *
 * @param names which; default all
 */
export function* identifyModel(model: Model, names?: ReadonlySet<string>): Generator<IdentifiedParameter> {
  const uses = usageOf(model);
  const effort = effortFor(model);
  const alone = new Map<string, Likeness>();
  // What is yielded stays while its neighbour is looked at.
  const [ownRoom, besideRoom] = [sharedRoom(), sharedRoom()];
  const judge = (name: string, use: ParameterUse, room = besideRoom) => {
    const size = sizeOf(model.parameters.get(name)?.shape ?? []);
    const statistics = parameterStatistics(model, name, { ...effort(size), room });
    if (!statistics) return null;
    const likeness = alone.get(name) ?? identify(statistics, use);
    alone.set(name, likeness);
    return { statistics, likeness };
  };
  const biasOf = new Map<string, string>();
  for (const [name, use] of uses) if (use.owner !== null && use.part === "bias") biasOf.set(use.owner, name);
  settleFewBiases([...biasOf.values()], (name) => {
    const use = uses.get(name);
    return use ? (judge(name, use) ?? null) : null;
  }).forEach((name) => {
    alone.set(name, MOVED_BIAS);
  });
  const sibling = (name: string | null | undefined): Likeness | null => {
    const use = name ? uses.get(name) : undefined;
    if (!name || !use) return null;
    return alone.get(name) ?? judge(name, use)?.likeness ?? null;
  };
  for (const parameter of model.parameters.values()) {
    const use = uses.get(parameter.name);
    if (!use || (names && !names.has(parameter.name))) continue;
    const found = judge(parameter.name, use, ownRoom);
    if (!found) continue;
    const { statistics, likeness } = found;
    const beside = isDrawn(likeness) ? sibling(use.owner ?? biasOf.get(parameter.name)) : null;
    yield { parameter, use, statistics, likeness: beside?.family === "trained" ? besideTrained(found, use) : likeness };
  }
}

const MOVED_BIAS: Likeness = {
  family: "trained",
  nearest: "zeros",
  why: "the file's other biases were not drawn, and this one is not 0",
  confidence: 0.9,
  tests: [],
};

/**
 * Biases of so few numbers that a draw cannot be excluded (ten classes) are judged by the file's longer ones: where these are
 * trained and none looks drawn, biases began at zero here. Returns the names of those that have moved from it.
 */
function settleFewBiases(
  names: readonly string[],
  judge: (name: string) => { readonly statistics: TensorStatistics; readonly likeness: Likeness } | null,
): string[] {
  const judged = names.flatMap((name) => {
    const found = judge(name);
    return found ? [{ name, std: found.statistics.std, likeness: found.likeness }] : [];
  });
  if (judged.some(({ likeness }) => isDrawn(likeness))) return [];
  if (!judged.some(({ likeness }) => likeness.family === "trained")) return [];
  return judged.filter(({ std, likeness }) => std > 0 && likeness.family === "unknown").map(({ name }) => name);
}

/** Random numbers, not a constant or a pattern: those stay what they are whatever stands beside them. */
const DRAWN: ReadonlySet<string> = new Set(["uniform", "normal", "truncated-normal"]);
const isDrawn = ({ family }: Likeness) => DRAWN.has(family);

function besideTrained(
  { statistics, likeness }: { readonly statistics: TensorStatistics; readonly likeness: Likeness },
  { owner }: ParameterUse,
): Likeness {
  if (!("initializer" in likeness)) return likeness;
  if (owner === null) {
    return {
      family: "trained",
      nearest: likeness.family,
      why: "fits a fresh draw, but the bias beside it has been trained",
      confidence: 0.9,
      tests: likeness.tests,
    };
  }
  if (statistics.count >= TELLING) return likeness;
  return { family: "unknown", why: `${statistics.count} numbers, and the weight beside them is trained` };
}
