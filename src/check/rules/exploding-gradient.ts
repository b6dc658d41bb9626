import type { Finding } from "../types.ts";
import { backwardFinding, courseOf, hiddenLayers } from "./chain.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const { signals } = context;
  // A signal that grows takes the gradient with it: that is said already.
  if (!signals || context.found.has("exploding-forward")) return [];
  const layers = hiddenLayers(context);
  const course = courseOf([...layers].reverse(), ({ gradient }) => gradient);
  if (course === null || course.total <= context.limit("warning")) return [];
  return [
    backwardFinding({
      rule: "exploding-gradient",
      severity: course.total > context.limit("error") ? "error" : "warning",
      what: "the gradient grows",
      course,
      layers,
      source: signals.source,
      evidence: { total: course.total },
      fix: "draw the weights smaller, at the edge of chaos χ₁ = n·Var(W)·E[φ'²] = 1 (auto, critical)",
    }),
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
