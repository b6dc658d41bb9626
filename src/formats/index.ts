/** Every file format, for code that runs anywhere; files on disk are opened by `file.ts`. */

export { type Data, type NamedData, readCsv, readNpyData, readNpzData, readNpzNamedData } from "./data/index.ts";
export { FormatError } from "./error.ts";
export { readConfig } from "./huggingface/index.ts";
export {
  type KerasLayout,
  type KerasModel,
  readHdf5,
  readKeras,
  readKerasArchive,
  readTfjs,
  toKeras,
} from "./keras/index.ts";
export { readLine } from "./line/index.ts";
export { readNpy, writeNpy } from "./npy/index.ts";
export { readNpz, writeNpz } from "./npz/index.ts";
export { type ReadOnnxOptions, readOnnx, writeOnnx } from "./onnx/index.ts";
export { readPt } from "./pt/index.ts";
export {
  readSafetensors,
  readSafetensorsHeader,
  readSafetensorsHeaderAsync,
  writeSafetensors,
} from "./safetensors/index.ts";
export { readShapes } from "./shapes/index.ts";
export { type AsyncByteSource, type ByteSink, type ByteSource, bytesSource, memorySink } from "./source.ts";
