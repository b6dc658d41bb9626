/** Samples before they are fitted to a model. */

export interface Dataset {
  /** What people call it: a built-in name or a file's. */
  readonly name: string;
  readonly count: number;
  /** Row-major, `count` × the product of `shape`. */
  readonly inputs: Float32Array;
  /** Of one sample: [features] or [channels, height, width]. */
  readonly shape: readonly number[];
  /** Class ids; null where there are none. */
  readonly labels: Int32Array | null;
  readonly classes: readonly string[];
}
