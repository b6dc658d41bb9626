/**
 * What multiplies a gradient on its way back through elementwise nodes, φ'(z) or the other operand of a product, as functions
 * of tensors that are Gaussian in the wide limit; and the expectation of products of such factors at two positions.
 */

import { resolveActivation } from "../../activation/index.ts";
import { expectation, expectation2, type Feature, type Side } from "../../gaussian/index.ts";
import type { ActivationNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { diagonal, type Kernel, mapCorrelations, multiplyKernels, uniformKernel } from "../kernel/kernel.ts";
import { activationMap } from "../law/activation-map.ts";
import { activationOf } from "../law/form.ts";
import { smoothProduct } from "../law/hermite.ts";
import { jointKernel } from "../state/joint.ts";
import type { Part } from "../state/state.ts";

export interface Factor {
  /** Tensor or parameter whose entries it is a function of. */
  readonly source: string;
  readonly label: string;
  readonly value: (x: number) => number;
  readonly breaks: readonly number[];
  readonly features: readonly Feature[];
}

export function slopeFactor(context: Context, node: ActivationNode): Factor {
  const { derivative, breaks, features, label } = activationOf(context, node);
  return { source: node.inputs[0], label: `slope of ${label}`, value: derivative, breaks, features };
}

const IDENTITY = resolveActivation({ kind: "expression", expression: { kind: "x" } });

/** True where φ and φ' have moments under the Gaussian of the argument's mean and variance: not for roots and logarithms. */
export function hasGaussianMoments(context: Context, node: ActivationNode): boolean {
  const law = lawOf(context, node.inputs[0]);
  if (!law) return false;
  const { secondMoment, derivativeSecondMoment } = activationMap(activationOf(context, node), law.mean, law.variance);
  return Number.isFinite(secondMoment) && Number.isFinite(derivativeSecondMoment);
}

/** A tensor's own value: through the activation that made it, whose argument is nearer to Gaussian. */
export function valueFactor(context: Context, name: string): Factor {
  const maker = context.producers.get(name);
  if (maker?.kind !== "activation" || !hasGaussianMoments(context, maker)) return { ...IDENTITY, source: name };
  return { ...activationOf(context, maker), source: maker.inputs[0] };
}

/** Functions of one tensor multiply to one function of it. */
function grouped(factors: readonly Factor[]): Factor[] {
  const bySource = new Map<string, Factor>();
  for (const factor of factors) {
    const before = bySource.get(factor.source);
    bySource.set(
      factor.source,
      before
        ? {
            source: factor.source,
            label: `${before.label}, ${factor.label}`,
            value: (x) => before.value(x) * factor.value(x),
            breaks: [...new Set([...before.breaks, ...factor.breaks])].sort((a, b) => a - b),
            features: [...before.features, ...factor.features],
          }
        : factor,
    );
  }
  return [...bySource.values()];
}

const partOf = (context: Context, name: string): Part | null => {
  const state = context.states.get(name);
  return state?.parts.length === 1 ? state.parts[0] : null;
};

interface Law {
  readonly mean: number;
  readonly variance: number;
}

function lawOf(context: Context, name: string): Law | null {
  if (context.model.parameters.has(name)) return context.law(name);
  const part = partOf(context, name);
  return part && { mean: part.mean, variance: Math.max(0, diagonal(part.kernel) - part.mean ** 2) };
}

const sideOf = (law: Law, factor: Factor): Side => ({ ...law, breaks: factor.breaks, features: factor.features });

/** E of the product of the factors of the first way at one position and of those of the second at another; null: not followed. */
export function factorKernel(
  context: Context,
  first: readonly Factor[],
  second: readonly Factor[],
  sizes: readonly number[],
): Kernel | null {
  let whole = uniformKernel(sizes, 1, 1);
  const left = grouped(first);
  const right = grouped(second);
  const taken = new Set<Factor>();
  for (const f of left) {
    const g =
      right.find((r) => !taken.has(r) && r.source === f.source) ??
      right.find((r) => !taken.has(r) && hangTogether(context, f.source, r.source));
    if (g) taken.add(g);
    const kernel = g ? pairKernel(context, f, g, sizes) : singleKernel(context, f, sizes);
    if (!kernel) return null;
    whole = multiplyKernels(whole, kernel);
  }
  for (const g of right) {
    const kernel = taken.has(g) ? uniformKernel(sizes, 1, 1) : singleKernel(context, g, sizes);
    if (!kernel) return null;
    whole = multiplyKernels(whole, kernel);
  }
  return whole;
}

function hangTogether(context: Context, a: string, b: string): boolean {
  if (!partOf(context, a) || !partOf(context, b)) return false;
  const joint = jointKernel(context, a, b);
  return joint !== null && joint !== "unknown";
}

function singleKernel(context: Context, factor: Factor, sizes: readonly number[]): Kernel | null {
  const law = lawOf(context, factor.source);
  return law && uniformKernel(sizes, expectation(factor.value, sideOf(law, factor)).value, 1);
}

function pairKernel(context: Context, f: Factor, g: Factor, sizes: readonly number[]): Kernel | null {
  const [u, v] = [lawOf(context, f.source), lawOf(context, g.source)];
  if (!u || !v) return null;
  if (context.model.parameters.has(f.source)) {
    const both = expectation((x) => f.value(x) * g.value(x), { ...u, breaks: [...f.breaks, ...g.breaks] });
    return uniformKernel(sizes, both.value, 1);
  }
  const joint =
    f.source === g.source ? (partOf(context, f.source)?.kernel ?? null) : jointKernel(context, f.source, g.source);
  if (!joint || joint === "unknown" || joint.sizes.length !== sizes.length) return null;
  const scale = Math.sqrt(u.variance * v.variance);
  const level = diagonal(joint);
  const product = productOf(f, g, u, v, f.source === g.source);
  const at = (raw: number): number =>
    product(scale === 0 ? 0 : Math.max(-1, Math.min(1, (raw - u.mean * v.mean) / scale)));
  const value = at(level);
  const correlation = (c: number) => (value === 0 ? 0 : at(c * level) / value);
  return { ...joint, ...mapCorrelations(joint, correlation), profile: Float64Array.of(value) };
}

/** Correlations that differ by less than this share a value. */
const STEP = 1e-4;

function productOf(f: Factor, g: Factor, u: Law, v: Law, same: boolean): (correlation: number) => number {
  const series = smoothProduct(f, u, g, v);
  if (series) return series;
  const known = new Map<number, number>();
  return (c) => {
    const key = Math.round(c / STEP);
    let value = known.get(key);
    if (value === undefined) {
      value =
        same && c >= 1 - STEP
          ? expectation((x) => f.value(x) * g.value(x), {
              ...u,
              breaks: [...new Set([...f.breaks, ...g.breaks])].sort((a, b) => a - b),
              features: [...f.features, ...g.features],
            }).value
          : expectation2(f.value, g.value, sideOf(u, f), sideOf(v, g), Math.max(-1, Math.min(1, key * STEP))).value;
      known.set(key, value);
    }
    return value;
  };
}
