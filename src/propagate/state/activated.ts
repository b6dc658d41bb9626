/** Joint second moments of what two activations make. */

import { type Activation, correlationMap } from "../../activation/index.ts";
import { expectation, expectation2 } from "../../gaussian/index.ts";
import type { ActivationNode } from "../../model/types.ts";
import type { Context } from "../context.ts";
import { diagonal, type Kernel, mapCorrelations } from "../kernel/kernel.ts";
import { activationOf } from "../law/form.ts";
import { smoothProduct } from "../law/hermite.ts";
import type { Part } from "./state.ts";

/** E[f(u)g(v)] for jointly Gaussian u and v. */
export function throughBoth(
  context: Context,
  [a, b]: readonly [ActivationNode, ActivationNode],
  [u, v]: readonly [Part, Part],
  joint: Kernel,
): Kernel | null {
  const [su, sv] = [u, v].map((part) => Math.max(0, diagonal(part.kernel) - part.mean ** 2));
  const scale = Math.sqrt(su * sv);
  if (scale === 0) return null;
  const [f, g] = [activationOf(context, a), activationOf(context, b)];
  const [first, second] = [
    { mean: u.mean, variance: su },
    { mean: v.mean, variance: sv },
  ];
  const product =
    smoothProduct(f, first, g, second) ??
    (f.label === g.label
      ? correlationMap(f, first, second).product
      : (c: number) => expectation2(f.value, g.value, { ...f, ...first }, { ...g, ...second }, c).value);
  const at = (raw: number) => product(Math.max(-1, Math.min(1, (raw - u.mean * v.mean) / scale)));
  const level = diagonal(joint);
  const value = at(level);
  const correlation = (c: number) => (value === 0 ? 0 : at(c * level) / value);
  return { ...joint, ...mapCorrelations(joint, correlation), profile: Float64Array.of(value) };
}

/** E[f(z)g(z)] on the diagonal; the input's correlation stands for the lags. */
export function sameSource(kernel: Kernel, f: Activation, g: Activation, mean: number, variance: number): Kernel {
  const breaks = [...f.breaks, ...g.breaks].sort((a, b) => a - b);
  const { value } = expectation((x) => f.value(x) * g.value(x), {
    mean,
    variance,
    breaks,
    features: [...f.features, ...g.features],
  });
  return { ...kernel, profile: Float64Array.of(value) };
}
