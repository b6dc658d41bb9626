import { figure } from "../../plan/words.ts";
import type { LayerSignal } from "../signals/types.ts";
import type { Finding } from "../types.ts";
import { hiddenLayers, weightsOf } from "./chain.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const { signals } = context;
  if (!signals) return [];
  const layers = hiddenLayers(context);
  const input = Math.max(signals.input, Number.MIN_VALUE);
  const limit = context.limit("warning");
  // In a run NaN is what became of an overflow; a prediction without a number says nothing.
  const isBeyond = ({ secondMoment }: LayerSignal) =>
    secondMoment / input > limit || (Number.isNaN(secondMoment) && signals.source === "measured");
  const first = layers.find(isBeyond);
  if (first === undefined) return [];
  const worst = layers.reduce((most, layer) => (layer.secondMoment > most.secondMoment ? layer : most), first);
  const growth = worst.secondMoment / input;
  const error = !(growth <= context.limit("error"));
  return [
    {
      rule: "exploding-forward",
      severity: error ? "error" : "warning",
      tensor: first.weight,
      node: first.node,
      message: Number.isFinite(growth)
        ? `the pre-activation's mean square reaches ${figure(worst.secondMoment)} at ${worst.weight}, ${figure(growth)} times the input's (${signals.source}); the first beyond bounds is ${first.weight}`
        : `the signal overflows at ${first.weight} (${signals.source})`,
      evidence: {
        source: signals.source,
        input: signals.input,
        growth,
        worst: worst.weight,
        secondMoments: layers.map(({ secondMoment }) => secondMoment),
      },
      fix: "draw the weights with variance near 1/(fan-in·E[φ²]) (he-normal for ReLU, or auto); deep residual stacks need Fixup or a norm",
      redraw: weightsOf(layers.slice(0, layers.indexOf(worst) + 1)),
    },
  ];
}

export const explodingForward: Rule = {
  name: "exploding-forward",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "the signal grows beyond bounds",
  initialization: true,
  thresholds: {
    warning: {
      default: 1e4,
      meaning: "mean square of a pre-activation over the input's: 100 in size, three orders below float16's end",
    },
    error: {
      default: 1e6,
      meaning: "the same: 1000 in size; steps that are stable there are a millionth of the usual ones",
    },
  },
  stage: "depth",
  find,
};
