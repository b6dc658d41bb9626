/** The same on the command line, for the file that was dropped. */

import { quoted } from "../../state/shell.ts";
import type { ModelState } from "./state.ts";

/** A file's name can begin with a dash, which would be an option. */
const file = (name: string) => quoted(name.startsWith("-") ? `./${name}` : name);

/** @example writtenName("model.onnx") // "model-init.safetensors" */
export const writtenName = (name: string) =>
  `${name.replace(/(\.(safetensors|bin)\.index)?\.[^.]*$/, "") || "weights"}-init.safetensors`;

type Choice = Pick<ModelState, "scheme" | "seed" | "dtype">;

export function commands(name: string, { scheme, seed, dtype }: Choice): readonly string[] {
  const model = file(name);
  const numbers = dtype === "f32" ? "" : ` --dtype ${dtype}`;
  return [
    `npx epoch0 check ${model}`,
    `npx epoch0 inspect ${model}`,
    `npx epoch0 plan ${model} --scheme ${scheme}`,
    `npx epoch0 init ${model} -o ${file(writtenName(name))} --scheme ${scheme} --seed ${seed}${numbers}`,
  ];
}
