/** Keras and TF.js models: the JSON that describes their layers, and the weights beside it. */

export type { Json } from "./config.ts";
export type { KerasLayout } from "./draft.ts";
export { understoodLayers } from "./layers/index.ts";
export { fromKeras, toKeras } from "./order.ts";
export { type KerasModel, readKeras } from "./read.ts";
export { readHdf5, readKerasArchive } from "./saved.ts";
export { readTfjs, tfjsFiles } from "./tfjs.ts";
