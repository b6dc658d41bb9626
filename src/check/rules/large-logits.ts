import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

/**
 * Expected cross-entropy of labels that know nothing of k independent logits of variance v: E[ln Σ exp z] − E[z_y].
 * ln k + v/2 up to v = 2·ln k, beyond it the largest logit rules and it is √(2·v·ln k) (the random energy model, Derrida
 * 1981), continuous at the border. Exact as k → ∞; for k = 2 … 10 within 15 %.
 */
export function expectedLoss(classes: number, variance: number): number {
  const entropy = Math.log(classes);
  return variance <= 2 * entropy ? entropy + variance / 2 : Math.sqrt(2 * variance * entropy);
}

/** ln 10. */
const FEWEST_NATS = Math.log(10);

function find(context: RuleContext): Finding[] {
  const { signals, usages, model } = context;
  return (signals?.layers ?? []).flatMap((layer) => {
    const usage = usages.byName.get(layer.weight);
    const shape = model.tensors.get(layer.tensor)?.shape ?? [];
    if (usage?.part !== "weight" || usage.readout === null || usage.readout === "sigmoid") return [];
    const classes = shape.at(usage.node?.kind === "conv" ? 1 : -1) ?? 1;
    if (classes < 2) return [];
    const variance = layer.secondMoment;
    const loss = expectedLoss(classes, variance);
    const entropy = Math.log(classes);
    // Two or three classes have an entropy below the spread of any usual logits.
    if (!(loss > context.limit("factor") * Math.max(entropy, FEWEST_NATS))) return [];
    return [
      {
        rule: "large-logits" as const,
        severity: "warning" as const,
        tensor: layer.weight,
        node: layer.node,
        message: `the ${figure(classes)} outputs have a root mean square of ${figure(Math.sqrt(variance))} (${signals?.source})${usage.readout === "softmax" ? "" : "; as logits"}: the first loss is about ${figure(loss)} where ln(${figure(classes)}) = ${figure(entropy)} knows nothing, and the first steps only take that back`,
        evidence: { source: signals?.source ?? null, classes, secondMoment: variance, expectedLoss: loss, entropy },
        fix: "draw the readout smaller (standard deviation 0.01, or zero), so that the first loss is ln(classes)",
        redraw: [layer.weight],
      },
    ];
  });
}

export const largeLogits: Rule = {
  name: "large-logits",
  severity: "warning",
  reads: ["prediction", "run"],
  summary: "a first loss far above ln(classes)",
  initialization: true,
  thresholds: {
    factor: {
      default: 3,
      meaning:
        "expected first loss over ln(classes), or over ln 10 where classes are fewer; He's readout after He's layers stays below 2",
    },
  },
  stage: "output",
  find,
};
