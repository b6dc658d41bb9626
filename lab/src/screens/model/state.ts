/** What the screen of one's own model keeps in its link: everything but the file. */

import { choice, type StateOf, seed, text } from "../../state/schema.ts";

export const schemes = {
  auto: "auto: solved for this network",
  critical: "edge of chaos",
  torch: "PyTorch's default",
  keras: "Keras' default",
  tfjs: "TF.js' default",
  jax: "JAX's usual default",
  "glorot-uniform": "Glorot uniform (Xavier)",
  "glorot-normal": "Glorot normal",
  "he-uniform": "He uniform",
  "he-normal": "He normal (Kaiming)",
  "lecun-uniform": "LeCun uniform",
  "lecun-normal": "LeCun normal",
  "one-over-root-n": "1/√n rule",
  orthogonal: "orthogonal",
  "delta-orthogonal": "delta-orthogonal",
  "nguyen-widrow": "Nguyen–Widrow",
  sinusoidal: "sinusoidal",
  siren: "SIREN (sine networks)",
  gpt2: "GPT-2",
  deepnorm: "DeepNorm",
  fixup: "Fixup",
  "t-fixup": "T-Fixup",
  "zero-gamma": "zero-γ (residual networks)",
  mup: "μP",
  zeros: "zeros",
} as const;

export const schema = {
  scheme: choice({ label: "New weights by scheme", default: "auto", options: schemes }),
  seed: seed(),
  dtype: choice({
    label: "Numbers in the new file",
    default: "f32",
    options: { f32: "float32", f16: "float16", bf16: "bfloat16" },
  }),
  example: choice({
    label: "Example",
    default: "none",
    options: { none: "none", digits: "digits-mlp.onnx", resnet: "light_resnet50.onnx" },
  }),
  /** Name of the file that was shown, so that a link can say what to drop. */
  file: text({ label: "File", default: "", longest: 255 }),
} as const;

export type ModelState = StateOf<typeof schema>;
