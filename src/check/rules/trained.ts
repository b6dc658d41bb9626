import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule } from "./types.ts";
import { matricesOf } from "./weights.ts";

export const trained: Rule = {
  name: "trained",
  severity: "info",
  reads: ["weights"],
  summary: "weights that no longer look like any initialization",
  initialization: false,
  thresholds: {
    share: {
      default: 0.5,
      meaning:
        "share of the matrices, and of their values, that look trained, beyond which the model counts as trained",
    },
  },
  stage: "notes",
  find: (context) => {
    const matrices = matricesOf(context);
    const moved = matrices.flatMap((facts) => {
      const likeness = context.likeness.get(facts.name);
      return likeness?.family === "trained" ? [{ facts, why: likeness.why, confidence: likeness.confidence }] : [];
    });
    const whole: Finding[] = context.trained
      ? [
          {
            rule: "trained",
            severity: "info",
            message: `${figure(moved.length)} of ${figure(matrices.length)} weights look trained: the rules that speak of initialization were silent`,
            evidence: { trained: moved.length, weights: matrices.length },
            fix: "",
          },
        ]
      : [];
    return [
      ...whole,
      ...moved.map(
        ({ facts, why, confidence }): Finding => ({
          rule: "trained",
          severity: "info",
          tensor: facts.name,
          message: `looks trained: ${why}`,
          evidence: { why, confidence, sample: facts.sampled, count: facts.count },
          fix: "",
        }),
      ),
    ];
  },
};
