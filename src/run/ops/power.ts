/** x to a constant power, differentiable wherever the power is: jax-js' own goes through log |x| and is not at 0. */

import type { Jax, Tensor } from "../jax.ts";
import { accurateLog } from "./logarithm.ts";

/** Above this a product of factors would be longer than exp(p · log x) is inexact. */
const LARGEST_PRODUCT = 16;

/** Borrows x. Negative bases of a fractional power give NaN. */
export function constantPower(jax: Jax, x: Tensor, exponent: number): Tensor {
  const { numpy: np } = jax;
  if (exponent === 0.5) return np.sqrt(x.ref);
  if (exponent === -0.5) return np.reciprocal(np.sqrt(x.ref));
  const size = Math.abs(exponent);
  if (Number.isInteger(exponent) && size <= LARGEST_PRODUCT) {
    if (size === 0) return np.onesLike(x.ref);
    let result = x.ref;
    for (let i = 1; i < size; i++) result = result.mul(x.ref);
    return exponent < 0 ? np.reciprocal(result) : result;
  }
  const base = Number.isInteger(exponent) ? np.absolute(x.ref) : x.ref;
  const positive = np.greater(base.ref, 0);
  const magnitude = np.exp(accurateLog(jax, np.where(positive.ref, base.ref, 1)).mul(exponent));
  const elsewhere = np.where(np.equal(base, 0), exponent > 0 ? 0 : Number.POSITIVE_INFINITY, Number.NaN);
  const result = np.where(positive, magnitude, elsewhere);
  return size % 2 === 1 ? np.where(np.less(x.ref, 0), result.ref.mul(-1), result) : result;
}
