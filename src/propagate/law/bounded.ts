/** Signals that have left float64: what explodes is said to be very large, and the prediction goes on. */

/** Far beyond float32, and its square is still a number. */
const LARGEST = 1e120;

/** The number itself; ±1e120 for what is beyond, NaN (a difference of infinities) included. */
export function bounded(value: number): number {
  if (Number.isNaN(value)) return LARGEST;
  return Math.max(-LARGEST, Math.min(LARGEST, value));
}
