/** For people who train with TensorFlow.js: `import { applyInit, createInitializers } from "epoch0/tfjs"`. */

export { type Applied, type ApplyInitOptions, applyInit } from "./apply-init.ts";
export { createInitializers } from "./initializers.ts";
export type { LayersModel, LayerVariable, TensorFlow } from "./types.ts";
