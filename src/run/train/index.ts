/** Training: one compiled step a graph, losses, optimizers, batches in a fixed order, probes. */

export { selectRows } from "./batches.ts";
export { type Head, headOf } from "./head.ts";
export { inputLayouts, placeSamples } from "./layout.ts";
export { batchOrder, permutation } from "./order.ts";
export { createProbe, type LayerProbe, type Probe, type ProbeReport } from "./probes.ts";
export {
  type Evaluation,
  type RunResult,
  type RunSettings,
  runTraining,
  type TrainOptions,
  type TrainResult,
  train,
} from "./train.ts";
export { createTrainer } from "./trainer.ts";
export type {
  InputRows,
  Loss,
  OptimizerOptions,
  SampleInputs,
  Samples,
  Score,
  Trainer,
  TrainerOptions,
  Values,
} from "./types.ts";
export { type Units, unitsOf } from "./units.ts";
