import { figure, times } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import { courseOf, hasOffset, hiddenLayers, withBiases } from "./chain.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const layers = hiddenLayers(context);
  const last = layers.at(-1);
  if (last === undefined || !context.signals) return [];
  // An offset (σ(0) = ½) holds the size up; where there is none, what all inputs share (biases) is no signal.
  // What attention makes of two inputs is predicted in the mean over positions only: there the size has to do.
  const attends = context.signals.source === "predicted" && context.model.nodes.some(({ kind }) => kind === "matmul");
  const whole = attends || hasOffset(context, last);
  const course = courseOf(layers, (layer) => (whole ? layer.secondMoment : layer.distinct));
  if (course === null || course.total >= context.limit("warning")) return [];
  const what = whole ? "the signal" : "what tells two inputs apart";
  return [
    {
      rule: "vanishing-forward",
      severity: course.total < context.limit("error") ? "error" : "warning",
      tensor: course.last.weight,
      node: course.last.node,
      message: `${what} falls ${times(course.perLayer)} a layer over ${figure(course.layers)} layers (mean square, ${context.signals.source}): ${times(course.total)} from ${course.first.weight} to ${course.last.weight}`,
      evidence: {
        source: context.signals.source,
        perLayer: course.perLayer,
        total: course.total,
        layers: course.layers,
        first: whole ? course.first.secondMoment : course.first.distinct,
        last: whole ? course.last.secondMoment : course.last.distinct,
        signal: layers.map((layer) => (whole ? layer.secondMoment : layer.distinct)),
      },
      fix: "draw the weights so that each layer keeps its signal (he-normal for ReLU, glorot-normal for tanh, or auto), biases at 0",
      redraw: withBiases(context, layers),
    },
  ];
}

export const vanishingForward: Rule = {
  name: "vanishing-forward",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "the signal dies out on its way through the layers",
  initialization: true,
  thresholds: {
    warning: {
      default: 3e-6,
      meaning:
        "mean square of the input-dependent signal, last hidden layer over first: SGD at its best rate fails on digits",
    },
    error: {
      default: 1e-6,
      meaning: "the same: Adam at its best rate loses accuracy on digits as well (size falls by 1000)",
    },
  },
  stage: "depth",
  find,
};
