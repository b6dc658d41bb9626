/** A seed where none is given. */

/** Fifty-two random bits from the platform. */
export function randomSeed(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 12) * 0x100000000 + low;
}
