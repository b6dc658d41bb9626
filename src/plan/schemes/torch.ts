/**
 * What PyTorch's constructors draw, layer kind by layer kind (torch.nn, 1.13 to 2.x, `reset_parameters` of each module).
 * Linear and convolutions: kaiming_uniform_(a = √5), whose bound is √(6/((1 + 5)·fan_in)) = 1/√fan_in.
 */

import { quantity } from "../derivation/term.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { isPositionModule, remaining } from "./common.ts";
import { fanInTerm, overBothFans, overRoot } from "./formulas.ts";
import { normal, uniform, zeros } from "./laws.ts";
import type { Choice, Rule, Scheme, SchemeContext } from "./types.ts";

const spread = (bound: number) => uniform(bound ** 2 / 3);

function multiheadAttention(usage: ParameterUsage, context: SchemeContext): Choice | null {
  const name = usage.parameter.name;
  const inside = /(^|\.)in_proj_(weight|bias)$|(^|\.)[qkv]_proj_weight$/.exec(name);
  const projected = name.replace(/out_proj\.bias$/, "in_proj_bias");
  if (usage.part === "bias" && (inside || (projected !== name && context.model.parameters.has(projected))))
    return { initializer: zeros, why: "torch.nn.MultiheadAttention sets its biases to 0." };
  if (!inside || usage.part !== "weight") return null;
  const { fanIn, fanOut } = usage.fans.torch;
  const variance = 2 / (fanIn + fanOut);
  return {
    initializer: uniform(variance),
    why: `torch.nn.MultiheadAttention draws xavier_uniform_ over the whole matrix: ±√(6/(${fanIn} + ${fanOut})) = ±${figure(Math.sqrt(3 * variance))} (Glorot & Bengio 2010, eq. 16).`,
    formula: overBothFans(usage.fans.torch),
  };
}

/** torch.nn.RNNCell, GRUCell and LSTMCell, unrolled: no recurrent node is left, their parameters' names are. */
function recurrentCell(usage: ParameterUsage, context: SchemeContext): Choice | null {
  const [, prefix] = /^(.*?)(?:weight|bias)_[ih]h(?:_l\d+(?:_reverse)?)?$/.exec(usage.parameter.name) ?? [];
  if (prefix === undefined || (usage.part !== "weight" && usage.part !== "bias")) return null;
  const own = usage.parameter.name.slice(prefix.length).replace(/^(?:weight|bias)_[ih]h/, "");
  const hidden = context.model.parameters.get(`${prefix}weight_hh${own}`)?.shape[1];
  if (hidden === undefined) return null;
  return {
    initializer: spread(1 / Math.sqrt(hidden)),
    why: `A recurrent cell of torch.nn draws everything from ±1/√hidden = ±1/√${hidden} = ±${figure(1 / Math.sqrt(hidden))}.`,
    formula: overRoot(quantity("hidden", hidden, "units of one gate")),
  };
}

/** The bias of a convolution that a batch normalization was folded into: said of itself, or of the weight where zeros were merged. */
function isFolded(usage: ParameterUsage, { model }: SchemeContext): boolean {
  const folded = new Set(model.notes.flatMap(({ code, tensors }) => (code === "folded" ? tensors : [])));
  const name = usage.parameter.name;
  return (
    folded.has(name) ||
    model.nodes.some((node) => node.kind === "conv" && node.bias === name && folded.has(node.weight))
  );
}

const rule: Rule = (usage, context) => {
  const special = multiheadAttention(usage, context) ?? recurrentCell(usage, context);
  if (special) return special;
  const { fanIn } = usage.fans.torch;
  switch (usage.part) {
    case "weight": {
      if (usage.tied)
        return {
          initializer: normal(1),
          why: "Tied to an embedding: torch.nn.Embedding draws N(0, 1), and the readout takes its table.",
        };
      const fan = usage.op === "conv-transpose" ? "weight.size(1)·kernel" : "fan_in";
      return {
        initializer: spread(1 / Math.sqrt(fanIn)),
        why: `PyTorch's default, kaiming_uniform_(a=√5): ±1/√${fan} = ±1/√${figure(fanIn)} = ±${figure(1 / Math.sqrt(fanIn))}, so Var(W) = 1/(3·${figure(fanIn)}), a third of LeCun's.`,
        formula: overRoot(fanInTerm(fanIn)),
      };
    }
    case "bias":
      if (isFolded(usage, context))
        return {
          initializer: zeros,
          why: "The shift of the batch normalization that was folded in, which torch.nn.BatchNorm2d sets to 0.",
        };
      return usage.owner === null
        ? { initializer: zeros, why: "A bias without a weight beside it: 0." }
        : {
            initializer: spread(1 / Math.sqrt(fanIn)),
            why: `PyTorch's default bias: ±1/√fan_in = ±1/√${figure(fanIn)} = ±${figure(1 / Math.sqrt(fanIn))}.`,
            formula: overRoot(fanInTerm(fanIn)),
          };
    case "table":
      return { initializer: normal(1), why: "torch.nn.Embedding draws N(0, 1)." };
    case "position":
      if (isPositionModule(usage))
        return { initializer: normal(1), why: "A table of positions in torch.nn.Embedding: N(0, 1)." };
      return remaining(usage, context);
    case "input-weight":
    case "recurrent-weight":
    case "input-bias":
    case "recurrent-bias":
      return {
        initializer: spread(1 / Math.sqrt(usage.hidden)),
        why: `torch.nn.${usage.op.toUpperCase()} draws everything from ±1/√hidden = ±1/√${usage.hidden} = ±${figure(1 / Math.sqrt(usage.hidden))}.`,
        formula: overRoot(quantity("hidden", usage.hidden, "units of one gate")),
      };
    default:
      return remaining(usage, context);
  }
};

export const torch: Scheme = {
  name: "torch",
  aliases: ["pytorch"],
  source: "PyTorch, torch/nn/modules: reset_parameters of each module",
  summary:
    "what PyTorch's constructors draw: U(±1/√fan_in) weights and biases, N(0, 1) embeddings, U(±1/√hidden) cells",
  values: [],
  rule,
};
