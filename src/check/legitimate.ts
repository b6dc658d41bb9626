/** Zeros that somebody meant, told by the tensor's place in the graph or, without a graph, by its name. */

import type { ParameterUsage, Usages } from "../plan/usage/types.ts";

/** Why a weight of all zeros is right where it is; null where nothing says so. */
export type ZeroReason = string | null;

/** Names of tensors that published recipes start at zero. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/(^|[._/])lora_(B|up)([._/]|$)|(^|[._/])lora_embedding_B([._/]|$)/i, "LoRA's B starts at 0 (Hu 2021, section 4.1)"],
  [
    /zero_(conv|module|init|linear|proj)|(^|[._/])controlnet_(down|mid)/i,
    "a zero convolution (Zhang 2023, ControlNet)",
  ],
  [/adaln|ada_ln|(^|[._/])modulation([._/]|$)/i, "adaLN-Zero starts as the identity (Peebles & Xie 2023)"],
  [
    /(rezero|resweight|skip_?(gain|init)|layer_?scale|(^|[._/])(alpha|gamma|gate)\d?$)/i,
    "a branch's gate (Bachlechner 2020; Touvron 2021)",
  ],
  [/(query|(^|[._/])(q|q_proj|wq)([._/]|$))/i, "μP starts queries at 0 (Yang 2021, appendix D.2)"],
  [
    /(^|[._/])(head|classifier|fc_out|lm_head|output|decoder|readout|final|logits?|score)([._/]|$)/i,
    "a zero readout (Zhang 2019; Yang 2021)",
  ],
];

const PARTS: Readonly<Partial<Record<ParameterUsage["part"], string>>> = {
  bias: "biases start at 0",
  "input-bias": "biases start at 0",
  "recurrent-bias": "biases start at 0",
  "recurrent-weight": "the states that it is multiplied by differ, and so do its gradients from the first step on",
  shift: "a norm's shift starts at 0",
  "running-mean": "a running mean starts at 0",
  "layer-scale": "ReZero's gate starts at 0 (Bachlechner 2020)",
  position: "positions may start at 0",
  token: "a class token may start at 0",
  counter: "a counter starts at 0",
  operand: "an operand that no layer multiplies by",
  unknown: "nothing is known of this tensor",
};

/** Whether another way leads past a weight: what a zero cuts off is one branch, not the network. */
const writesBranch = (usage: ParameterUsage, usages: Usages): boolean =>
  usage.writes || usages.residuals.some(({ members }) => members.at(-1) === usage.node);

/**
 * What closes a residual branch behind a weight that is its last: a norm's scale or a layer scale of zeros. Of two zero factors
 * in a row neither gets a gradient, so that the branch never opens; null where there is none.
 */
export function closedBehind(
  { node, parameter }: ParameterUsage,
  usages: Usages,
  isZero: (parameter: string) => boolean,
): string | null {
  if (node === null) return null;
  const branch = usages.residuals.find(({ members }) => members.at(-1) === node);
  const behind = branch?.writer?.parameter;
  return behind !== undefined && behind !== parameter.name && isZero(behind) ? behind : null;
}

/**
 * The reason why this parameter may be all zeros at the start, in words.
 *
 * @param mayReadOut whether a weight of a file without a graph may be the readout
 */
export function reasonForZero(
  usage: ParameterUsage,
  usages: Usages,
  { mayReadOut }: { readonly mayReadOut: boolean },
): ZeroReason {
  const part = PARTS[usage.part];
  if (part !== undefined) return part;
  if (usage.node !== null) {
    if (writesBranch(usage, usages)) return "the last weight of a residual branch starts at 0 (Goyal 2017; Zhang 2019)";
    if (usage.readout !== null) return "a zero readout: the first loss is ln(classes) (Zhang 2019; Yang 2021)";
    if (usage.attention?.query || usage.attention?.key)
      return usage.attention.value ? null : "μP starts queries at 0 (Yang 2021)";
    if (usage.gate) return "a gate may start at 0 (Bachlechner 2020)";
  } else if (mayReadOut) return "a readout, as far as order and shapes tell one";
  for (const [name, reason] of NAMED) if (name.test(usage.parameter.name)) return reason;
  return null;
}
