export { identify } from "./identify.ts";
export { type IdentifiedParameter, identifyModel, usageOf } from "./model.ts";
export type { Family, Likeness, TensorUse, Test } from "./types.ts";
