/** Running a model: values, gradients, measured signals, and whether they are what was predicted. */

export { createExecutor, type Executor, type ForwardBackward, type RunOptions, type Visitor } from "./executor.ts";
export type { Device } from "./jax.ts";
export type { Mode } from "./operation.ts";
export type { InputValues, Weights } from "./values.ts";
