/** What a plan may assign to a parameter: plain data, every number resolved, ready to be drawn. */

/** `rowCentred`: each row (the weights into one unit) has its mean subtracted after the draw. */
export type Initializer =
  | { readonly kind: "zeros" }
  | { readonly kind: "ones" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number; readonly rowCentred?: boolean }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number; readonly rowCentred?: boolean }
  | {
      /** N(mean, std²) conditioned on low ≤ value ≤ high (absolute bounds); `std` is before the cut. */
      readonly kind: "truncated-normal";
      readonly mean: number;
      readonly std: number;
      readonly low: number;
      readonly high: number;
      readonly rowCentred?: boolean;
    }
  | {
      /** Haar-distributed orthonormal rows or columns × gain; `blocks`: independent blocks along axis 0 (gates, heads, q/k/v). */
      readonly kind: "orthogonal";
      readonly gain: number;
      readonly blocks?: number;
    }
  | { readonly kind: "delta-orthogonal"; readonly gain: number }
  | { readonly kind: "identity"; readonly gain: number }
  | { readonly kind: "dirac"; readonly groups: number }
  | { readonly kind: "sparse"; readonly sparsity: number; readonly std: number }
  | { readonly kind: "nguyen-widrow"; readonly beta: number }
  | { readonly kind: "bilinear" }
  | { readonly kind: "sinusoidal"; readonly std: number }
  | {
      /** Consecutive blocks along axis 0 (LSTM gates, fused q/k/v), each with its own initializer. */
      readonly kind: "blocks";
      readonly parts: readonly { readonly size: number; readonly initializer: Initializer }[];
    }
  /** The values that the file holds are kept. */
  | { readonly kind: "file"; readonly mean: number; readonly std: number };

export type InitializerKind = Initializer["kind"];

/** Fan-in and fan-out of a parameter: how many products enter one output, and how many outputs one input enters. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}
