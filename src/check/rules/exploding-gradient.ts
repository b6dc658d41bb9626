import { figure, times } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import { courseOf, hiddenLayers, weightsOf } from "./chain.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const { signals } = context;
  // A signal that grows takes the gradient with it: that is said already.
  if (!signals || context.found.has("exploding-forward")) return [];
  const layers = hiddenLayers(context);
  const course = courseOf([...layers].reverse(), ({ gradient }) => gradient);
  if (course === null || course.total <= context.limit("warning")) return [];
  return [
    {
      rule: "exploding-gradient",
      severity: course.total > context.limit("error") ? "error" : "warning",
      tensor: course.last.weight,
      node: course.last.node,
      message: `the gradient grows ${times(course.perLayer)} a layer on its way back over ${figure(course.layers)} layers (mean square, ${signals.source}): ${times(course.total)} from ${course.first.weight} to ${course.last.weight}`,
      evidence: {
        source: signals.source,
        perLayer: course.perLayer,
        total: course.total,
        layers: course.layers,
        gradients: layers.map(({ gradient }) => gradient),
      },
      fix: "draw the weights smaller, at the edge of chaos χ₁ = n·Var(W)·E[φ'²] = 1 (auto, critical)",
      redraw: weightsOf(layers),
    },
  ];
}

export const explodingGradient: Rule = {
  name: "exploding-gradient",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "the gradient grows beyond bounds on its way back",
  initialization: true,
  thresholds: {
    warning: {
      default: 1e5,
      meaning: "total square of ∂L/∂z, first hidden layer over last, layers before a norm left out",
    },
    error: { default: 1e7, meaning: "the same; the only stable rate leaves the last layers without movement" },
  },
  stage: "depth",
  find,
};
