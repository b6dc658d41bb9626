/** Fused multiply-add, rounded once, as the AVX2 build computes. */

const wide = new Float64Array(1);
const words = new Uint32Array(wide.buffer);
/** The 29 bits of a float64 that a float32 has not; little-endian on every platform with WebAssembly. */
const DROPPED = 0x1fffffff;
const HALFWAY = 0x10000000;

/**
 * float32(a·b + c) for float32 operands, rounded once.
 *
 * a·b is exact in float64 (48 bits). The sum may be inexact; that matters only where it then looks like the middle
 * between two float32, and its error says to which side it belongs (Boldo & Melquiond 2008). Results below 2^-126 are
 * rounded twice.
 */
export function fused32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  wide[0] = sum;
  if ((words[0]! & DROPPED) !== HALFWAY) return Math.fround(sum);
  // Knuth's two-sum: sum + error = product + c exactly.
  const rest = sum - product;
  const error = product - (sum - rest) + (c - rest);
  if (error !== 0) words[0] = words[0]! + (error > 0 === sum > 0 ? 1 : -1);
  return Math.fround(wide[0]!);
}

const SPLIT = 134217729;

/**
 * a·b + c in float64 with one rounding but for ties (Dekker 1971's exact product, then a compensated sum): the error is
 * below 0.5 + 2^-52 units in the last place.
 */
export function fused64(a: number, b: number, c: number): number {
  const product = a * b;
  const bigA = SPLIT * a;
  const highA = bigA - (bigA - a);
  const lowA = a - highA;
  const bigB = SPLIT * b;
  const highB = bigB - (bigB - b);
  const lowB = b - highB;
  const lost = lowA * lowB - (product - highA * highB - lowA * highB - highA * lowB);
  const sum = product + c;
  const rest = sum - product;
  return sum + (product - (sum - rest) + (c - rest) + lost);
}
