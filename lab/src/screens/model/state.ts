/** What the screen of one's own model keeps in its link: everything but the file. */

import { pick, SCHEMES } from "../../state/catalogue.ts";
import { inputFields } from "../../state/inputs.ts";
import { choice, type StateOf, seed, text } from "../../state/schema.ts";

export const schemes = pick(
  SCHEMES,
  "auto",
  "critical",
  "torch",
  "keras",
  "tfjs",
  "jax",
  "glorot-uniform",
  "glorot-normal",
  "he-uniform",
  "he-normal",
  "lecun-uniform",
  "lecun-normal",
  "one-over-root-n",
  "orthogonal",
  "delta-orthogonal",
  "nguyen-widrow",
  "sinusoidal",
  "siren",
  "gpt2",
  "deepnorm",
  "fixup",
  "t-fixup",
  "zero-gamma",
  "mup",
  "zeros",
);

export const schema = {
  scheme: choice({ label: "New weights by scheme", default: "auto", options: schemes }),
  seed: seed(),
  dtype: choice({
    label: "Numbers in the new file",
    default: "f32",
    options: { f32: "float32", f16: "float16", bf16: "bfloat16" },
  }),
  ...inputFields,
  example: choice({
    label: "Example",
    default: "none",
    options: { none: "none", digits: "digits-mlp.onnx", resnet: "light_resnet50.onnx" },
  }),
  /** Name of the file that was shown, so that a link can say what to drop. */
  file: text({ label: "File", default: "", longest: 255 }),
} as const;

export type ModelState = StateOf<typeof schema>;
