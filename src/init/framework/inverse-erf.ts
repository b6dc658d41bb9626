/**
 * erf⁻¹ as PyTorch computes it (ATen/native/Math.h, `calc_erfinv`): rational starting values of Giles' kind and two Newton
 * steps, all in the tensor's own precision. What float32 loses in erf(x) − y stays lost here, so that the values agree.
 */

import { erf } from "../../gaussian/index.ts";

const CENTRE = {
  top: [0.886226899, -1.645349621, 0.914624893, -0.140543331],
  bottom: [1, -2.118377725, 1.442710462, -0.329097515, 0.012229801],
};
const TAIL = { top: [-1.970840454, -1.624906493, 3.429567803, 1.641345311], bottom: [1, 3.5438892, 1.6370678] };
/** |y| up to which the central form is used. */
const CENTRAL = 0.7;

type Round = (value: number) => number;

const same: Round = (value) => value;

/** Σ c_k z^k by Horner, each product and sum rounded. */
function polynomial(coefficients: readonly number[], z: number, round: Round): number {
  let sum = round(coefficients.at(-1) ?? 0);
  for (let k = coefficients.length - 2; k >= 0; k--) sum = round(round(sum * z) + round(coefficients[k]!));
  return sum;
}

/** erf⁻¹(y) for |y| < 1, in float32 (`single`) or float64; ±∞ at ±1. */
export function torchInverseErf(y: number, single: boolean): number {
  const round = single ? Math.fround : same;
  const size = Math.abs(y);
  if (size >= 1) return size === 1 ? Math.sign(y) * Number.POSITIVE_INFINITY : Number.NaN;
  let x: number;
  if (size <= round(CENTRAL)) {
    const z = round(y * y);
    x = round(round(y * polynomial(CENTRE.top, z, round)) / polynomial(CENTRE.bottom, z, round));
  } else {
    const z = round(Math.sqrt(round(-Math.log(round(round(1 - size) / 2)))));
    x = round((Math.sign(y) * polynomial(TAIL.top, z, round)) / polynomial(TAIL.bottom, z, round));
  }
  const slope = round(2 / round(Math.sqrt(Math.PI)));
  for (let step = 0; step < 2; step++) {
    const rest = round(round(erf(x)) - y);
    x = round(x - round(rest / round(slope * round(Math.exp(round(-x * x))))));
  }
  return x;
}
