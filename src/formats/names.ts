/** What a person calls a file, with its article. */

import type { Model } from "../model/types.ts";

export const FORMAT_NAMES: Readonly<Record<Model["format"], string>> = {
  onnx: "an .onnx file",
  safetensors: "a .safetensors file",
  npz: "an .npz file",
  line: "a line",
  keras: "a Keras model",
  tfjs: "a TF.js model",
  h5: "an HDF5 file",
  torch: "a PyTorch state dict",
  shapes: "a list of shapes",
  huggingface: "a Hugging Face configuration",
};
