/** Data sets: real ones that the library carries, synthetic ones, and any of them fitted to a model. */

export { BUILT_IN, type BuiltIn, fitTask } from "./fit.ts";
export { moons, type PointOptions, spirals } from "./points.ts";
export { images, type SyntheticOptions, teacher } from "./synthetic.ts";
export { digits, iris } from "./tables.ts";
export type { Dataset, NamedDataset, Task, TaskOptions } from "./types.ts";
