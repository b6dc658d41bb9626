/** Training: one compiled step a graph, losses, optimizers, batches in a fixed order, probes. */

export { batchOrder, permutation, selectRows } from "./batches.ts";
export { type Head, headOf } from "./head.ts";
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
export type { Loss, OptimizerOptions, Samples, Score, Trainer, TrainerOptions, Values } from "./types.ts";
export { type Units, unitsOf } from "./units.ts";
