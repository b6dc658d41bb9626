/**
 * Epoch0 as a library, for Node and the browser. Files are opened by `epoch0/node`.
 *
 * @example
 * import { initialize, plan, readOnnx } from "epoch0";
 * const chosen = plan(readOnnx(bytes, { name: "model.onnx" }), { seed: 0 });
 * const weights = initialize(chosen, { seed: 0 });
 */

export {
  type Activation,
  activationByName,
  CATALOGUE,
  type CatalogueEntry,
  resolveActivation,
} from "./activation/index.ts";
export { readOnnx, supportedOperators, writeOnnx } from "./formats/onnx/index.ts";
export { expectation } from "./gaussian/index.ts";
export type * from "./init/types.ts";
export type * from "./model/types.ts";
export { type Plan, type PlanOptions, plan, type Scheme, schemeNames, schemes } from "./plan/index.ts";
export type { PlannedLayer, PlannedTensor, Signal } from "./plan/types.ts";
export { propagate } from "./propagate/index.ts";
export type { ParameterLaw, PropagateOptions, Propagation } from "./propagate/types.ts";
export { comparePlans, createTheme, type EmitTarget, emitCode, planPage, planReport, toJson } from "./report/index.ts";
export { createExecutor, measureSignals, verify } from "./run/index.ts";
export { version } from "./version.ts";
