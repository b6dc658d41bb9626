/**
 * Epoch0 as a library, for Node and the browser. Files on disk are opened and written by `epoch0/node`.
 *
 * @example
 * import { initialize, plan, readOnnx } from "epoch0";
 * const chosen = plan(readOnnx(bytes, { name: "model.onnx" }), { seed: 0 });
 * const weights = initialize(chosen); // Map<name, Float32Array>
 */

export {
  type Activation,
  activationByName,
  CATALOGUE,
  type CatalogueEntry,
  criticalPoint,
  type GainReport,
  gain,
  gainReport,
  moments,
  parseExpression,
  resolveActivation,
} from "./activation/index.ts";
export { type Config, defineConfig } from "./check/config.ts";
export { type Diff, diffModels, type TensorDiff } from "./check/diff/index.ts";
export {
  type CheckOptions,
  type CheckResult,
  checkModel,
  type Finding,
  fixModel,
  identify,
  identifyModel,
  type Likeness,
  parameterStatistics,
  RULES as checkRules,
  statisticsOf,
  type TensorStatistics,
  tensorsToRedraw,
} from "./check/index.ts";
export { type Inspection, inspect } from "./check/inspect.ts";
export {
  FormatError,
  memorySink,
  readConfig,
  readCsv,
  readLine,
  readNpz,
  readOnnx,
  readPt,
  readSafetensors,
  readShapes,
  writeOnnx,
} from "./formats/index.ts";
export { supportedOperators } from "./formats/onnx/index.ts";
export { type Expectation, expectation } from "./gaussian/index.ts";
export * from "./init/index.ts";
export {
  createPool,
  encodedTiles,
  type Fill,
  fillBits,
  fillParallel,
  type ParallelOptions,
  type Pool,
  runFill,
  type Stretch,
  sharedFloat32,
} from "./kernels/index.ts";
export { initialize, streamWeights } from "./materialize/index.ts";
export { withActivations } from "./model/index.ts";
export type * from "./model/types.ts";
export { type Derivation, derive, type PlanOptions, plan, type Scheme, schemeNames, schemes } from "./plan/index.ts";
export type { Plan, PlannedLayer, PlannedTensor, Signal } from "./plan/types.ts";
export { type CustomRule, type CustomRules, type MomentRule, momentRule, propagate } from "./propagate/index.ts";
export type { ParameterLaw, PropagateOptions, Propagation } from "./propagate/types.ts";
export { createKey, deriveKey, type Key, type Seed, STREAM_VERSION } from "./random/index.ts";
export {
  comparePlans,
  createTheme,
  type EmitTarget,
  emitCode,
  planPage,
  planReport,
  toJson,
} from "./report/index.ts";
export { essayPage, experimentText } from "./report/reproduce/index.ts";
export {
  type Experiment,
  experimentIds,
  experiments,
  type Reproduction,
  reproduce,
} from "./reproduce/index.ts";
export {
  type CustomOperation,
  type CustomOperations,
  createExecutor,
  createTrainer,
  type InputRows,
  type Measurement,
  measureSignals,
  planLsuv,
  runTraining,
  type Samples,
  type Trainer,
  type TrainerOptions,
  type TrainOptions,
  train,
  type Verification,
  verify,
} from "./run/index.ts";
export { version } from "./version.ts";
