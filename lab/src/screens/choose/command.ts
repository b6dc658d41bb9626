/** The answers as an architecture line, and as commands. */

import { type Inputs, inputFields, inputOptions, inputsOf } from "../../state/inputs.ts";
import { recipeOf } from "./recipe.ts";
import { type ChooseState, hasBatchNorm } from "./state.ts";

/** The layer of the line that normalizes; "" for none. Groups of 32 channels as Wu & He 2018, fewer where 32 does not divide. */
function normalization({ norm, width }: ChooseState): string {
  if (norm === "none") return "";
  if (norm !== "groupnorm") return norm;
  const groups = [32, 16, 8, 4, 2].find((count) => width % count === 0) ?? 1;
  return `groupnorm ${groups}`;
}

const words = (...parts: readonly string[]) => parts.filter((part) => part !== "").join(" ");

function dense(state: ChooseState): string {
  const { depth, width, activation, residual, inputs, outputs } = state;
  const norm = normalization(state);
  if (!residual) return `${inputs} > ${words(String(width), norm, activation)} x${depth} > ${outputs}`;
  // Normalized before the branch, so that the stream itself stays free (He 2016).
  const block = `[ ${words(norm, String(width), activation)} > ${width} ]`;
  return `${inputs} > ${words(String(width), activation)} > ${block} x${depth} > ${words(norm, String(outputs))}`;
}

function conv(state: ChooseState): string {
  const { depth, width, activation, residual, outputs } = state;
  const norm = normalization(state);
  const layer = `conv ${width} 3x3 pad 1`;
  const stem = words(layer, norm, activation);
  const end = `globalavgpool > flatten > ${outputs}`;
  if (!residual) return `3x32x32 > ${stem} x${depth} > ${end}`;
  const block = `[ ${words(layer, norm, activation)} > ${words(layer, norm)} ] ${activation}`;
  return `3x32x32 > ${stem} > ${block} x${depth} > ${end}`;
}

/** Positions and time steps that are drawn: what is predicted hardly depends on how many there are. */
const POSITIONS = 16;

/** Heads divide the features: the next number below that does. */
const headsOf = ({ heads, width }: ChooseState) =>
  Array.from({ length: heads }, (_, i) => heads - i).find((count) => width % count === 0) ?? 1;

function transformer(state: ChooseState): string {
  const { depth, width, activation, place, outputs } = state;
  const attention = `attention ${headsOf(state)}`;
  // Four times as wide inside (Vaswani 2017, section 3.3).
  const feedForward = `${4 * width} ${activation} > ${width}`;
  const start = `${POSITIONS}x${width}`;
  if (place === "post")
    return `${start} > [ ${attention} ] layernorm [ ${feedForward} ] layernorm x${depth} > ${outputs}`;
  return `${start} > [ layernorm ${attention} ] [ layernorm ${feedForward} ] x${depth} > layernorm ${outputs}`;
}

/** @example architecture({ ...defaults(schema), depth: 4 }) // "64 > 256 relu x4 > 10" */
export function architecture(state: ChooseState): string {
  switch (state.build) {
    case "dense":
      return dense(state);
    case "conv":
      return conv(state);
    case "transformer":
      return transformer(state);
    case "recurrent":
      return `${POSITIONS}x${state.inputs} > ${state.cell} ${state.width} x${state.depth} > last > ${state.outputs}`;
    case "implicit":
      return `${state.inputs} > ${state.width} sin(${state.frequency}) x${state.depth} > ${state.outputs}`;
  }
}

/** What the network is fed; in training where nothing tells it from use. */
export const fed = (state: ChooseState): Inputs => ({
  ...inputsOf(state),
  mode: hasBatchNorm(state) ? state.mode : inputFields.mode.default,
});

/** The recipe as code, with its reasons and signals, and as a file of weights. */
export function commands(state: ChooseState): readonly string[] {
  const model = `"${architecture(state)}" --scheme "${recipeOf(state).scheme}"${inputOptions(fed(state))}`;
  return [
    `npx epoch0 plan ${model} --emit ${state.framework}`,
    `npx epoch0 plan ${model}`,
    `npx epoch0 init ${model} -o weights.safetensors --verify`,
  ];
}
