/** .safetensors files: read into weights, written as a stream. */

export {
  readSafetensorsHeader,
  readSafetensorsHeaderAsync,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from "./header.ts";
export { readSafetensors } from "./read.ts";
export { safetensorsHeader, type TensorChunks, type TensorSlot, writeSafetensors } from "./write.ts";
