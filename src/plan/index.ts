/** Schemes and the solver: model → one initializer per parameter, with the reason and the prediction. */

export type { Objective } from "./auto/goals.ts";
export type { Distribution } from "./auto/solve.ts";
export { type Derivation, derive, type Quantity, quantities, type Step, type Term } from "./derivation/index.ts";
export { type PlanOptions, plan } from "./plan.ts";
export { type SchemeCall, schemeByName, schemeNames, schemes } from "./schemes/registry.ts";
export type { Choice, Scheme } from "./schemes/types.ts";
export type * from "./types.ts";
export { indexGraph } from "./usage/graph.ts";
export { analyse } from "./usage/index.ts";
export { followingActivation } from "./usage/neighbours.ts";
export type { ParameterUsage, Usages } from "./usage/types.ts";
