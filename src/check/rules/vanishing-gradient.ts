import type { Finding } from "../types.ts";
import { backwardFinding, courseOf, hiddenLayers } from "./chain.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const { signals } = context;
  if (!signals) return [];
  const layers = hiddenLayers(context);
  // Towards the input: the courses run backward.
  const backward = [...layers].reverse();
  const signal = courseOf(backward, ({ gradient }) => gradient);
  const share = courseOf(backward, ({ weightGradient }) => weightGradient);
  const dies = signal !== null && signal.total < context.limit("error");
  const stands = share !== null && share.total < context.limit("share-error");
  const slow = share !== null && share.total < context.limit("share-warning");
  if (!dies && !stands && !slow) return [];
  const shown = dies || share === null ? signal : share;
  if (shown === null) return [];
  return [
    backwardFinding({
      rule: "vanishing-gradient",
      severity: dies || stands ? "error" : "warning",
      what: dies ? "the gradient falls" : "the squared gradient of the weights falls",
      course: shown,
      layers,
      source: signals.source,
      evidence: {
        signal: signal?.total ?? null,
        weightShare: share?.total ?? null,
        weightGradients: layers.map(({ weightGradient }) => weightGradient),
      },
      fix: "draw the weights at the edge of chaos, χ₁ = n·Var(W)·E[φ'²] = 1 (auto, critical); logistic units have no such point: change the activation, or add norms or skips",
    }),
  ];
}

export const vanishingGradient: Rule = {
  name: "vanishing-gradient",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "the gradient dies out on its way back to the first layers",
  initialization: true,
  thresholds: {
    error: {
      default: 1e-6,
      meaning:
        "total square of ∂L/∂z, first hidden layer over last: neither SGD nor Adam at its best rate trains digits as the fix does",
    },
    "share-error": {
      default: 1e-6,
      meaning: "the same of ∂L/∂W: under one learning rate the first layer needs a million steps for one of the last",
    },
    "share-warning": { default: 1e-4, meaning: "the same: ten thousand steps for one" },
  },
  stage: "depth",
  find,
};
