/** Are two expressions the same function? Asked numerically. */

import { compile, type Scalar } from "./compile.ts";
import type { Expression } from "./expression.ts";

/** Irregular points on both sides of everything that activations do; none of them a kink of the catalogue's defaults. */
export const PROBE_POINTS: readonly number[] = [
  -23.71, -11.31, -7.137, -5.913, -4.271, -3.517, -2.713, -2.171, -1.618, -1.137, -0.7391, -0.4473, -0.2179, -0.0713,
  -0.0137, 0.0119, 0.0617, 0.1973, 0.3829, 0.6713, 0.9337, 1.2247, 1.7321, 2.3919, 2.9437, 3.6181, 4.7123, 5.5713,
  6.4571, 8.1379, 12.917, 21.113,
];

/** Constants in files are float32: 1/√2 as 0.70710677 moves a value by some 1e-7. */
export const FLOAT32_TOLERANCE = 2e-6;

/** |f − g| ≤ tolerance·(1 + |x|) at every probe, and not both undefined everywhere. */
export function agree(f: Scalar, g: Scalar, tolerance: number, points: readonly number[] = PROBE_POINTS): boolean {
  let defined = 0;
  for (const point of points) {
    const a = f(point);
    const b = g(point);
    if (Number.isNaN(a) && Number.isNaN(b)) continue;
    if (!(Math.abs(a - b) <= tolerance * (1 + Math.abs(a)))) return false;
    defined++;
  }
  return defined > points.length / 2;
}

/**
 * True where the two agree at 32 irregular points in ±24, to `tolerance` relative to 1 + |value| (default 2e-6: constants
 * read from files are float32).
 */
export function sameFunction(a: Expression, b: Expression, tolerance = FLOAT32_TOLERANCE): boolean {
  return agree(compile(a), compile(b), tolerance);
}
