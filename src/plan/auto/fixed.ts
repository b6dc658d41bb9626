/** What `auto` and `critical` set without solving: biases, norms, recurrent matrices, statistics. */

import type { Initializer } from "../../init/types.ts";
import { orthogonalPerGate, recurrentBias, remaining } from "../schemes/common.ts";
import { normal, zeros } from "../schemes/laws.ts";
import type { Choice, SchemeContext } from "../schemes/types.ts";
import type { ParameterUsage } from "../usage/types.ts";

/** Choice for a parameter that has no goal. */
export function fixedChoice(usage: ParameterUsage, context: SchemeContext): Choice {
  switch (usage.part) {
    case "bias":
      return {
        initializer: zeros,
        why: "Bias at 0: it would add the same to every input's signal and make inputs look alike.",
      };
    case "input-bias":
    case "recurrent-bias":
      return recurrentBias(usage, true);
    case "recurrent-weight":
      return recurrentMatrix(usage);
    case "table":
      return { initializer: normal(1), why: "Embedding N(0, 1): every row has second moment 1." };
    default:
      return remaining(usage, context);
  }
}

function recurrentMatrix(usage: ParameterUsage): Choice {
  const activation = usage.node?.kind === "recurrent" ? usage.node.activations[0] : undefined;
  if (usage.op === "rnn" && activation !== undefined && /^relu$/i.test(activation)) {
    const initializer: Initializer = { kind: "identity", gain: 1 };
    return {
      initializer,
      why: "Le, Jaitly & Hinton 2015 (IRNN): a ReLU cell starts by copying its state, recurrent matrix = identity.",
    };
  }
  const blocks = Math.max(1, usage.gates.length);
  const initializer = orthogonalPerGate(usage);
  return {
    initializer,
    why: `Recurrent matrix orthogonal${blocks > 1 ? `, each of the ${blocks} gates its own` : ""} (Saxe 2014; Henaff 2016): the state keeps its length over any number of steps.`,
  };
}
