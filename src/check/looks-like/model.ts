/** All parameters of a model: a bias of a few numbers is judged with the weight that it stands beside. */

import type { Model, Parameter } from "../../model/types.ts";
import { analyse } from "../../plan/usage/index.ts";
import { parameterStatistics } from "../statistics/statistics.ts";
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

/** Numbers from which on a vector speaks for itself. */
const FEW = 1024;

/**
 * Statistics and likeness of each parameter that has values, in the file's order, one at a time: what is yielded holds up to
 * about 20 MB that the next one need not.
 *
 * @param names which; default all
 */
export function* identifyModel(model: Model, names?: ReadonlySet<string>): Generator<IdentifiedParameter> {
  const uses = usageOf(model);
  const weights = new Map<string, Likeness>();
  const ownerOf = (name: string): Likeness | null => {
    const known = weights.get(name);
    if (known) return known;
    const statistics = parameterStatistics(model, name);
    const use = uses.get(name);
    if (!statistics || !use) return null;
    const likeness = identify(statistics, use);
    weights.set(name, likeness);
    return likeness;
  };
  for (const parameter of model.parameters.values()) {
    const use = uses.get(parameter.name);
    if (!use || (names && !names.has(parameter.name))) continue;
    const statistics = parameterStatistics(model, parameter.name);
    if (!statistics) continue;
    const alone = identify(statistics, use);
    weights.set(parameter.name, alone);
    const drawn = "initializer" in alone && statistics.std > 0 && statistics.count < FEW;
    const beside = use.owner !== null && drawn ? ownerOf(use.owner) : null;
    const likeness: Likeness =
      beside?.family === "trained"
        ? { family: "unknown", why: `${statistics.count} numbers, and the weight beside them is trained` }
        : alone;
    yield { parameter, use, statistics, likeness };
  }
}
