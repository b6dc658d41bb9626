import { figure } from "../../plan/words.ts";
import type { Rule } from "./types.ts";

export const stepTooLarge: Rule = {
  name: "step-too-large",
  severity: "error",
  reads: ["run"],
  summary: "a learning rate beyond 2/λ_max of the first loss",
  initialization: false,
  thresholds: {
    warning: {
      default: 1,
      meaning: "learning rate over 2/λ_max; plain gradient descent diverges from 1 on (LeCun 1998)",
    },
    error: {
      default: 20,
      meaning:
        "the same: beyond what the catapult of wide networks survives (Lewkowycz 2020: 12/λ_max for ReLU), with room",
    },
  },
  stage: "output",
  find: ({ step, limit, model }) => {
    if (step === null || !(step.largestCurvature > 0)) return [];
    const largest = 2 / step.largestCurvature;
    const ratio = step.learningRate / largest;
    if (!(ratio > limit("warning"))) return [];
    return [
      {
        rule: "step-too-large" as const,
        severity: ratio > limit("error") ? ("error" as const) : ("warning" as const),
        ...(model.outputs[0] === undefined ? {} : { node: model.outputs[0] }),
        message: `learning rate ${figure(step.learningRate)} is ${figure(ratio)} times 2/λ_max = ${figure(largest)}: the first steps of plain gradient descent grow instead of falling`,
        evidence: {
          learningRate: step.learningRate,
          largest,
          ratio,
          largestCurvature: step.largestCurvature,
          samples: step.samples,
        },
        fix: `start at ${figure(largest / 2)} or below (warm-up), or normalize the input and draw the weights smaller: λ_max falls with both`,
      },
    ];
  },
};
