/** Variances of sums and products: which assumption each rule needs. */

import { decide, equivalent, summarize } from "../decide.ts";
import { byBlock, momentsOf, normals, signs } from "../samples.ts";
import type { Experiment, ExperimentOptions, Outcome, Role } from "../types.ts";

const BLOCKS = 32;
/** Two in a hundred: the ratios that tell the cases apart are 1, 1.5, 3 and 6. */
const MARGIN = 0.02;

interface Case {
  readonly key: string;
  readonly label: string;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly combine: (x: number, y: number) => number;
  /** What the rule as it is written compares with. */
  readonly rule: (varianceX: number, varianceY: number) => number;
  /** Exact ratio of the variance to the rule's. */
  readonly ratio: number;
}

function casesOf({ seed, size }: ExperimentOptions): Case[] {
  const count = BLOCKS * (size === "full" ? 32768 : 8192);
  const z = (name: string) => normals(seed, `variance-algebra ${name}`, count);
  const [x, y] = [z("x"), z("y")];
  const sign = signs(seed, "variance-algebra sign", count);
  const dependent = x.map((value, i) => value * sign[i]!);
  const half = Math.sqrt(0.75);
  const correlated = x.map((value, i) => value / 2 + half * y[i]!);
  const sum = {
    combine: (a: number, b: number) => a + b,
    rule: (a: number, b: number) => a + b,
  };
  const product = {
    combine: (a: number, b: number) => a * b,
    rule: (a: number, b: number) => a * b,
  };
  return [
    { key: "sumIndependent", label: "X + Y, independent", x, y, ...sum, ratio: 1 },
    { key: "sumUncorrelated", label: "X + SX, uncorrelated, not independent", x, y: dependent, ...sum, ratio: 1 },
    { key: "sumCorrelated", label: "X + Y, correlation ½", x, y: correlated, ...sum, ratio: 1.5 },
    { key: "productIndependent", label: "X · Y, independent, means 0", x, y, ...product, ratio: 1 },
    { key: "productUncorrelated", label: "X · SX, uncorrelated, means 0", x, y: dependent, ...product, ratio: 3 },
    {
      key: "productMeans",
      label: "X · Y, independent, means 1 and 2",
      x: x.map((value) => value + 1),
      y: y.map((value) => value + 2),
      ...product,
      ratio: 6,
    },
  ];
}

function ratios({ x, y, combine, rule }: Case): number[] {
  const combined = x.map((value, i) => combine(value, y[i]!));
  return byBlock(x.length, BLOCKS, (from, to) => {
    const parts = rule(momentsOf(x, from, to).variance, momentsOf(y, from, to).variance);
    return momentsOf(combined, from, to).variance / parts;
  });
}

async function run(options: ExperimentOptions): Promise<Outcome> {
  const rows = casesOf(options).map((entry, i, { length }) => {
    const samples = ratios(entry);
    options.onProgress?.((i + 1) / length);
    return { ...entry, samples, ...summarize(samples) };
  });
  const at = (key: string) => rows.find((row) => row.key === key)!;
  const isRule = (key: string, claim: string) =>
    equivalent(`${claim}: ratio 1 ± ${MARGIN}`, at(key).samples, { target: 1, margin: MARGIN });
  const isExact = (key: string, claim: string) => {
    const { samples, ratio } = at(key);
    return equivalent(`${claim}: ratio ${ratio} ± ${ratio * MARGIN}`, samples, {
      target: ratio,
      margin: ratio * MARGIN,
    });
  };
  const sums = [isRule("sumUncorrelated", "uncorrelated variables, Var(X+Y) = Var X + Var Y")];
  const decided = decide(
    {
      written: [...sums, isRule("productUncorrelated", "uncorrelated variables, Var(XY) = Var X · Var Y")],
      conditional: [...sums, isRule("productIndependent", "independent and means 0, Var(XY) = Var X · Var Y")],
      beside: [
        isExact("sumCorrelated", "correlated, Var(X+Y) = Var X + Var Y + 2 Cov"),
        isExact("productUncorrelated", "X · SX: Var = E[X⁴]"),
        isExact("productMeans", "independent, Var X · Var Y + Var X · E[Y]² + Var Y · E[X]²"),
      ],
    },
    {
      condition:
        "for products, the variables are independent and both have mean zero; sums need only that they are uncorrelated",
    },
  );
  // The sum's claim is part of both readings and told once.
  const tests = decided.tests.filter((test, i, list) => list.indexOf(test) === i);
  return {
    ...decided,
    tests,
    finding: `Var(XY) is ${at("productUncorrelated").mean.toFixed(2)} times Var X · Var Y for uncorrelated X and SX, ${at("productMeans").mean.toFixed(2)} times with means 1 and 2, ${at("productIndependent").mean.toFixed(3)} times for independent variables of mean zero`,
    figures: Object.fromEntries(rows.map((row) => [row.key, row.mean])),
    charts: [
      {
        kind: "rows",
        title: "Products need independence and zero means; sums only that nothing is correlated",
        x: { label: "variance, as a multiple of what the rule says", log: true },
        rows: rows.map((row) => ({
          label: row.label,
          role: (row.ratio === 1 ? "forward" : "danger") satisfies Role,
          value: row.mean,
          low: row.mean - row.halfWidth,
          high: row.mean + row.halfWidth,
          theory: row.ratio,
        })),
        note: "S is a fair coin, ±1. Thin marks: the exact ratio.",
      },
    ],
  };
}

export const varianceAlgebra: Experiment = {
  id: "variance-algebra",
  group: "statement",
  title: "Sums and products of variances",
  statement: "For uncorrelated variables Var(X+Y) = Var X + Var Y and Var(XY) = Var X · Var Y.",
  source: "the essay; Goodman 1960 for products",
  formulas: [
    {
      tex: "\\operatorname{Var}(X+Y)=\\operatorname{Var}X+\\operatorname{Var}Y+2\\operatorname{Cov}(X,Y)",
      text: "Var(X+Y) = Var X + Var Y + 2 Cov(X, Y)",
    },
    {
      tex: "\\operatorname{Var}(XY)=\\operatorname{Var}X\\operatorname{Var}Y+\\operatorname{Var}X\\,\\operatorname{E}[Y]^2+\\operatorname{Var}Y\\,\\operatorname{E}[X]^2\\quad\\text{(independent)}",
      text: "Var(XY) = Var X·Var Y + Var X·E[Y]² + Var Y·E[X]²   (X, Y independent)",
    },
  ],
  prose: [
    "A unit adds up products of weights and inputs, so its variance is a matter of two rules: what the variance of a sum is, and what that of a product is. They are often quoted in one breath, for “uncorrelated” variables. The first is right so. The second is not.",
    "Take X normal and flip its sign by a coin S. X and SX are uncorrelated: knowing one tells nothing about the sign of the other. Yet their product is SX², whose variance is E[X⁴] = 3, not 1. Independence repairs that. And a mean that is not zero adds two terms, which is why the forward signal is measured by E[a²] and never by Var(a): after a rectifier or a logistic unit, every input of the next layer has a mean.",
    "For weights and inputs the rule is safe all the same. Weights are drawn with mean zero and independent of everything, so Var(wa) = Var(w) · E[a²] whatever a is.",
  ],
  procedure:
    "Six pairs of variables, a million pairs each (in thirty-two blocks); the variance of the sum or product over what the rule says, block by block.",
  run,
};
