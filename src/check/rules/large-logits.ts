import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

/** Euler's constant: the mean of a Gumbel variable. */
const GUMBEL_MEAN = 0.5772156649015329;
/** Beyond this variance the largest logit decides alone, and the loss grows as the standard deviation. */
const WIDE = 1e4;

/**
 * Expected cross-entropy of labels that know nothing of k independent logits z ~ N(0, v): E[ln Σ exp z] − E[z_y].
 *
 * ln Σ exp z = E[max(z_i + G_i)] − γ with Gumbel variables G, and z + G has the distribution function
 * F(x) = E[exp(−e^(z−x))], so that E[max] = ∫ (1[x > 0] − F(x)^k) dx: two trapezoidal rules, which converge geometrically
 * for such integrands; relative error below 1e-3 up to v = 1e4, and beyond of order 1/√v.
 *
 * @example expectedLoss(10, 0) // ln 10
 */
export function expectedLoss(classes: number, variance: number): number {
  if (variance > WIDE) return expectedLoss(classes, WIDE) * Math.sqrt(variance / WIDE);
  const std = Math.sqrt(variance);
  // The normal is sampled finer than the Gumbel's own width of 1.
  const step = Math.min(0.1, 0.5 / Math.max(std, 1e-9));
  const nodes = Math.ceil(8 / step);
  const [low, high] = [-8 * std - 4, 8 * std + 40];
  const points = 400;
  const width = (high - low) / points;
  let integral = 0;
  for (let i = 0; i <= points; i++) {
    const x = low + i * width;
    let below = 0;
    let mass = 0;
    for (let j = -nodes; j <= nodes; j++) {
      const t = j * step;
      const density = Math.exp((-t * t) / 2);
      below += density * Math.exp(-Math.exp(std * t - x));
      mass += density;
    }
    integral += (1 - (below / mass) ** classes) * (i === 0 || i === points ? 0.5 : 1) * width;
  }
  // ∫ (1[x > 0] − F^k) = low + ∫ from low of (1 − F^k), as F is 0 below.
  return low + integral - GUMBEL_MEAN;
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
