/** What a framework's random numbers can do, so that one function draws any initializer from them. */

export type Values = Float32Array | Float64Array;

export interface Cut {
  readonly mean: number;
  readonly std: number;
  readonly low: number;
  readonly high: number;
}

/** Each call takes the next numbers. What a framework has no call for is null. */
export interface FrameworkDraws {
  /** For errors: "torch", "numpy", "jax". */
  readonly name: string;
  readonly uniform: (out: Float32Array, low: number, high: number) => void;
  readonly normal: (out: Float32Array, mean: number, std: number) => void;
  readonly truncatedNormal: ((out: Float32Array, cut: Cut) => void) | null;
  readonly permutation: ((n: number) => Int32Array) | null;
}
