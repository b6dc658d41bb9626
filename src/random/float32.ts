/** Float32 bounds that lie inside a float64 interval. */

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** The largest float32 that is not above `value`. */
export function float32Floor(value: number): number {
  const rounded = Math.fround(value);
  if (!(rounded > value)) return rounded;
  if (rounded === Number.POSITIVE_INFINITY) return 3.4028234663852886e38;
  if (rounded === 0) return -1.401298464324817e-45;
  scratch[0] = rounded;
  scratchBits[0] = scratchBits[0]! + (rounded > 0 ? -1 : 1);
  return scratch[0]!;
}

/** The smallest float32 that is not below `value`. */
export function float32Ceil(value: number): number {
  return -float32Floor(-value);
}

/** Bounds rounded inwards; the nearest float32 twice when none lies inside. */
export function float32Bounds(low: number, high: number): readonly [number, number] {
  const lower = float32Ceil(low);
  const upper = float32Floor(high);
  if (lower <= upper) return [lower, upper];
  const nearest = Math.fround(low);
  return [nearest, nearest];
}

/** `value` kept within bounds. Not by `Math.min` and `Math.max`, which tell −0 from 0: SIMD's one-instruction forms do not. */
export function clamp(value: number, lower: number, upper: number): number {
  if (value < lower) return lower;
  if (value > upper) return upper;
  return value;
}
