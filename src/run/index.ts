/** Running a model: values, gradients, measured signals, and whether they are what was predicted. */

export type { CustomOperation, CustomOperations } from "./custom.ts";
export { createExecutor, type Executor, type ForwardBackward, type RunOptions, type Visitor } from "./executor.ts";
export { type Arrays, type BuildOptions, buildForward, buildGradient } from "./forward.ts";
export { type Device, type Jax, loadJax, type Tensor } from "./jax.ts";
export { type LsuvLayer, type LsuvOptions, type LsuvPlan, planLsuv } from "./lsuv.ts";
export { type MeasuredSignal, type Measurement, type MeasureOptions, measureSignals } from "./measure.ts";
export type { Mode } from "./operation.ts";
export { type Sharpness, type SharpnessOptions, sharpness } from "./sharpness.ts";
export type { Statistic } from "./statistics.ts";
export * from "./train/index.ts";
export type { InputValues, Weights } from "./values.ts";
export { type Comparison, type PredictedLayer, type Verification, type VerifiedLayer, verify } from "./verify.ts";
