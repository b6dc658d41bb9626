/** The same on the command line, for the file that was dropped. */

import { inputOptions } from "../../state/inputs.ts";
import { quoted } from "../../state/shell.ts";
import type { ModelState } from "./state.ts";

/** A file's name can begin with a dash, which would be an option. */
const file = (name: string) => quoted(name.startsWith("-") ? `./${name}` : name);

/** @example writtenName("model.onnx") // "model-init.safetensors" */
export const writtenName = (name: string) =>
  `${name.replace(/(\.(safetensors|bin)\.index)?\.[^.]*$/, "") || "weights"}-init.safetensors`;

type Choice = Omit<ModelState, "example" | "file">;

export function commands(name: string, choice: Choice): readonly string[] {
  const { scheme, seed, dtype } = choice;
  const inputs = inputOptions(choice);
  const model = file(name);
  const numbers = dtype === "f32" ? "" : ` --dtype ${dtype}`;
  return [
    `npx epoch0 check ${model}${inputs}`,
    `npx epoch0 inspect ${model}`,
    `npx epoch0 plan ${model} --scheme ${scheme}${inputs}`,
    `npx epoch0 init ${model} -o ${file(writtenName(name))} --scheme ${scheme} --seed ${seed}${numbers}${inputs}`,
  ];
}
