/** The named rules: one number over a fan. What they don't speak of is chosen alike for all of them and said. */

import { number, quotient, type Term } from "../derivation/term.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { orthogonalPerGate, recurrentBias, remaining } from "./common.ts";
import { overBothFans, overFanIn } from "./formulas.ts";
import { type Law, normal, uniform, zeros } from "./laws.ts";
import type { Choice, Rule, Scheme, SchemeContext } from "./types.ts";

/** What named rules leave open: biases 0, recurrent matrices orthogonal per gate, tables N(0, 1), norms 1 and 0. */
export function unspoken(usage: ParameterUsage, context: SchemeContext): Choice {
  switch (usage.part) {
    case "bias":
      return { initializer: zeros, why: "Bias at 0: the rule's derivation has none." };
    case "input-bias":
    case "recurrent-bias":
      return recurrentBias(usage, true);
    case "recurrent-weight":
      return {
        initializer: orthogonalPerGate(usage),
        why: `Recurrent matrix orthogonal, each of the ${Math.max(1, usage.gates.length)} gates its own (Saxe 2014): the state keeps its length from step to step.`,
      };
    case "table":
      return {
        initializer: normal(1),
        why: "Embedding N(0, 1): each row has second moment 1; the rule has no fan here.",
      };
    default:
      return remaining(usage, context);
  }
}

export function isMatrix(usage: ParameterUsage): boolean {
  return usage.part === "weight" || usage.part === "input-weight";
}

/** A rule for matrices and kernels only; the rest as `unspoken`. */
export function matrixRule(choose: (usage: ParameterUsage, context: SchemeContext) => Choice): Rule {
  return (usage, context) => (isMatrix(usage) ? choose(usage, context) : unspoken(usage, context));
}

type Mode = "in" | "average";

interface Scaling {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly source: string;
  readonly author: string;
  readonly numerator: number;
  readonly mode: Mode;
  readonly law: Law;
  readonly reason: string;
}

/** Where the fraction reads better another way. */
const SUMMARIES: Readonly<Record<string, string>> = {
  "1/3 in": "1/(3·fan_in)",
  "1 average": "2/(fan_in + fan_out)",
};

const numeratorTerm = (numerator: number): Term =>
  numerator === 1 / 3 ? quotient(number(1), number(3)) : number(numerator);

function scalingScheme({ name, aliases, source, author, numerator, mode, law, reason }: Scaling): Scheme {
  const fanWord = mode === "in" ? "fan_in" : "(fan_in + fan_out)/2";
  const shown = numerator === 1 / 3 ? "1/3" : String(numerator);
  const shape = law === uniform ? "uniform" : "normal";
  return {
    name,
    aliases,
    source,
    summary: `${shape}, Var(W) = ${SUMMARIES[`${shown} ${mode}`] ?? `${shown}/${fanWord}`}`,
    values: [],
    rule: matrixRule((usage) => {
      const { fanIn, fanOut } = usage.fans.torch;
      const fan = mode === "in" ? fanIn : (fanIn + fanOut) / 2;
      const variance = numerator / fan;
      const numbers =
        shown === "1/3" ? `1/(3·${fanWord}) = 1/(3·${figure(fan)})` : `${shown}/${fanWord} = ${shown}/${figure(fan)}`;
      const bound = law === uniform ? `, ±${figure(Math.sqrt(3 * variance))}` : `, σ = ${figure(Math.sqrt(variance))}`;
      return {
        initializer: law(variance),
        why: `${author}: ${reason}, so Var(W) = ${numbers}${bound}.`,
        formula: mode === "average" ? overBothFans(usage.fans.torch) : overFanIn(numeratorTerm(numerator), fanIn),
      };
    }),
  };
}

const glorot = {
  author: "Glorot & Bengio 2010",
  source: "Glorot & Bengio 2010, eq. 12 and 16",
  numerator: 1,
  mode: "average",
  reason:
    "the mean of the variance that keeps the signal (1/fan_in) and the one that keeps the gradient (1/fan_out), at slope 1",
} as const;
const he = {
  author: "He 2015",
  source: "He, Zhang, Ren & Sun 2015, eq. 10",
  numerator: 2,
  mode: "in",
  reason: "ReLU keeps half of the second moment (E[φ²] = 0.5)",
} as const;
const lecun = {
  author: "LeCun 1998",
  source: "LeCun, Bottou, Orr & Müller 1998, eq. 16",
  numerator: 1,
  mode: "in",
  reason: "a sum of fan_in products of unit size has variance fan_in·Var(W)",
} as const;

export const named: readonly Scheme[] = [
  scalingScheme({ ...glorot, name: "glorot-uniform", aliases: ["xavier-uniform", "glorot", "xavier"], law: uniform }),
  scalingScheme({ ...glorot, name: "glorot-normal", aliases: ["xavier-normal"], law: normal }),
  scalingScheme({ ...he, name: "he-uniform", aliases: ["kaiming-uniform"], law: uniform }),
  scalingScheme({ ...he, name: "he-normal", aliases: ["kaiming-normal", "he", "kaiming"], law: normal }),
  scalingScheme({ ...lecun, name: "lecun-uniform", aliases: [], law: uniform }),
  scalingScheme({ ...lecun, name: "lecun-normal", aliases: ["lecun"], law: normal }),
  scalingScheme({
    name: "one-over-root-n",
    aliases: ["one-over-sqrt-n"],
    source: "the heuristic that Glorot & Bengio 2010 call eq. 1",
    author: "The 1/√n rule (Glorot & Bengio 2010, eq. 1)",
    numerator: 1 / 3,
    mode: "in",
    law: uniform,
    reason: "U[−1/√n, 1/√n] keeps sums of n unit inputs in the unit's sensitive range, at variance 1/3",
  }),
];
