/** 64 random bits at a time, as NumPy's bit generators hand them out. */

export interface BitSource {
  /** Draws the next 64 bits: the low word is returned, the high word is left in `high`. */
  readonly next: () => number;
  readonly high: () => number;
}

/** A source as bigints, for what is not a fill. */
export function nextLong(source: BitSource): bigint {
  const low = source.next();
  return (BigInt(source.high()) << 32n) | BigInt(low);
}
