/** ONNX files: read into models, written with new weights. */

export { safeLocation } from "./external.ts";
export { foldedOperators } from "./fold/index.ts";
export { supportedOperators } from "./ops/index.ts";
export { type ReadOnnxOptions, readOnnx } from "./read.ts";
export { type Skeleton, skeletonOf } from "./skeleton.ts";
export { type ParameterValues, type WriteOnnxOptions, writeOnnx, writeOnnxChunks } from "./write.ts";
