/** Choices that many schemes share: norms, statistics, slopes, bare parameters, recurrent biases. */

import { forgetGateBias, orthogonal } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { fileValues } from "./file-values.ts";
import { constant, normal, ones, zeros } from "./laws.ts";
import type { Choice, SchemeContext } from "./types.ts";

/** Standard deviation of learned positions and class tokens (Radford 2019; Dosovitskiy 2021, ViT). */
export const TOKEN_STD = 0.02;

/** Each gate's block of a recurrent matrix orthogonal on its own, entries of variance gain²/hidden. */
export function orthogonalPerGate(usage: ParameterUsage, gain = 1): Initializer {
  return orthogonal({ gain, blocks: Math.max(1, usage.gates.length) });
}

/** The forget-gate bias goes into one of the two biases that PyTorch adds. */
export function recurrentBias(usage: ParameterUsage, forgetOne: boolean): Choice {
  if (forgetOne && usage.op === "lstm" && usage.part === "input-bias" && usage.gates.includes("f"))
    return {
      initializer: forgetGateBias(usage.hidden, { gates: usage.gates }),
      why: "Forget gate 1, other gates 0 (Gers 2000; Jozefowicz 2015): σ(1) = 0.731 of the cell is kept each step at the start.",
    };
  return { initializer: zeros, why: `Bias of the ${usage.op.toUpperCase()} at 0: no gate is preferred.` };
}

/** Norms 1 and 0, statistics 0 and 1, PReLU slope, bare parameters: what is left when weights and biases are chosen. */
export function remaining(usage: ParameterUsage, context: SchemeContext, slope = 0.25): Choice {
  switch (usage.part) {
    case "scale":
      return { initializer: ones, why: "Scale of a normalization at 1: its output keeps second moment 1." };
    case "shift":
      return { initializer: zeros, why: "Shift at 0: the output keeps mean 0." };
    case "running-mean":
      return { initializer: zeros, why: "Running mean at 0, replaced by the data's in training." };
    case "running-variance":
      return { initializer: ones, why: "Running variance at 1, replaced by the data's in training." };
    case "counter":
      return { initializer: zeros, why: "Number of batches seen: 0 before the first." };
    case "slope":
      return {
        initializer: constant(slope),
        why: `PReLU slope ${figure(slope)}${slope === 0.25 ? " (He 2015; PyTorch's default)" : ""}.`,
      };
    default:
      return bare(usage, context);
  }
}

/** A table of positions that is an embedding module: used by a look-up, or, without a graph, named like a module's weight. */
export function isPositionModule(usage: ParameterUsage): boolean {
  if (usage.part !== "position") return false;
  return usage.node === null ? usage.parameter.name.endsWith(".weight") : usage.node.kind === "embedding";
}

const BARE_WORDS: Readonly<Record<string, string>> = {
  position: "A learned position",
  token: "A learned token",
  "layer-scale": "A layer scale",
};

/** A parameter that no layer kind owns: constant in the file → kept; tables of positions and tokens → N(0, 0.02²). */
export function bare(usage: ParameterUsage, context: SchemeContext): Choice {
  const unused = usage.node === null && context.model.nodes.length > 0;
  const what = unused ? "No node uses this tensor" : (BARE_WORDS[usage.part] ?? "A parameter of its own");
  const held = usage.parameter.stored.kind === "filled" ? null : fileValues(context.model, usage.parameter.name);
  if (held?.constant)
    return {
      initializer: constant(held.mean),
      why: `${what}: no rule speaks of it, and the file has ${figure(held.mean)} everywhere, which is kept.`,
    };
  if (usage.part === "layer-scale")
    return { initializer: ones, why: `${what} at 1: the branch is passed on as it is.` };
  if (usage.part === "position" || usage.part === "token")
    return {
      initializer: normal(TOKEN_STD ** 2),
      why: `${what}: N(0, 0.02²), the usual choice (Radford 2019; Dosovitskiy 2021); frameworks leave it to the model's author.`,
    };
  if (held)
    return {
      initializer: { kind: "file", mean: held.mean, std: held.std },
      why: `${what}: no rule speaks of it; the file's own values are kept (mean ${figure(held.mean)}, standard deviation ${figure(held.std)}).`,
    };
  return { initializer: zeros, why: `${what}: no rule speaks of it and the file has no values; 0.` };
}
