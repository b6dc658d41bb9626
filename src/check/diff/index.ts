export { type DiffOptions, diffModels } from "./diff.ts";
export type { Diff, Side, Status, TensorDiff } from "./types.ts";
