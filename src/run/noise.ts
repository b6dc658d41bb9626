/** Where inputs and cotangents come from. */

/** Independent entries that depend on the stream's name, the position and nothing else. */
export interface Noise {
  readonly normal: (stream: string, length: number, mean: number, std: number) => Float32Array;
  /** Uniform over 0 … bound − 1. */
  readonly integers: (stream: string, length: number, bound: number) => Int32Array;
}
