/**
 * The largest stable step: η < 2/λ_max of the loss's Hessian (LeCun, Simard & Pearlmutter 1993; Cohen 2021).
 *
 * λ_max is found from Hessian-vector products alone, by the power iteration's own vectors v, Hv, H²v … made orthogonal
 * (Lanczos 1950), whose largest Ritz value is never below that of plain power iteration.
 */

import type { Model } from "../model/types.ts";
import { createKey, fillNormal, type Seed } from "../random/index.ts";
import type { CustomOperations } from "./custom.ts";
import { type Device, loadJax, type Tensor } from "./jax.ts";
import type { Mode } from "./operation.ts";
import { symmetricEigenvalues } from "./train/eigenvalues.ts";
import { compiled, lossPrograms, startTensors } from "./train/program.ts";
import type { Loss, Samples } from "./train/types.ts";
import { toTensor, type Weights } from "./values.ts";

export interface SharpnessOptions {
  readonly weights: Weights;
  readonly loss: Loss;
  readonly mode?: Mode;
  /** Of the first vector. */
  readonly seed: Seed;
  /** Hessian-vector products at most. Default 30. */
  readonly products?: number;
  /** Stop when the error is below this share of λ_max. Default 0.01. */
  readonly tolerance?: number;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
  readonly device?: Device;
}

export interface Sharpness {
  /** Largest eigenvalue of the mean loss's Hessian. */
  readonly lambdaMax: number;
  /** An eigenvalue lies within this of `lambdaMax`: the norm of the residual Hv − λv. */
  readonly error: number;
  /** 2 / λ_max: gradient descent with a larger step grows along that direction. Infinity where nothing is curved. */
  readonly largestStep: number;
  readonly products: number;
}

/**
 * Of the mean loss over `data`, at `weights`; nothing is dropped.
 *
 * A product H v is a central difference of gradients, (g(w + εv) − g(w − εv)) / 2ε with ε = 2⁻⁸ · (1 + ‖w‖/√P) for the
 * unit vector v. The derivative of the gradient (jvp) exists for the operations here too, but is a second program to
 * compile, longer than the first (37 s for an LSTM of 16 steps), where this one shares the training step's gradient. The
 * difference errs by ε²/6 of the fourth derivative along v and by rounding, 2⁻²⁴‖g‖/ε.
 *
 * @example (await sharpness(model, data, { weights, loss: "cross-entropy", seed: 0 })).largestStep // 0.61
 */
export async function sharpness(model: Model, data: Samples, options: SharpnessOptions): Promise<Sharpness> {
  const { products = 30, tolerance = 0.01 } = options;
  const jax = await loadJax(options.device);
  const start = startTensors(jax, model, options.loss, options.weights);
  const parts = lossPrograms(jax, model, start, options);
  const gradient = compiled(jax, parts.gradient(data.targets instanceof Int32Array));
  const point: Float32Array[] = [];
  for (const name of parts.names) point.push(Float32Array.from(await start.get(name)!.ref.data()));
  const count = point.reduce((total, values) => total + values.length, 0);
  const size = Math.sqrt(point.reduce((total, values) => total + values.reduce((s, w) => s + w * w, 0), 0));
  const step = 2 ** -8 * (1 + size / Math.sqrt(count));

  /** The gradient of the mean loss at w + t·v, flat. */
  const gradientAt = async (v: Float64Array, t: number): Promise<Float64Array> => {
    let at = 0;
    const moved = parts.names.map((name, i) => {
      const values = point[i]!.map((w, k) => w + t * v[at + k]!);
      at += values.length;
      return toTensor(jax, values, start.get(name)!.shape, false);
    });
    const total = new Float64Array(count);
    for (const batch of parts.feed(data)) {
      const fixed = parts.fixedNames.map((name) => start.get(name)!.ref);
      const [sum, right, ...found] = gradient(...moved.map((tensor) => tensor.ref), ...fixed, ...batch);
      sum?.dispose();
      right?.dispose();
      await addFlat(total, found);
    }
    for (const tensor of moved) tensor.dispose();
    return total;
  };
  const product = async (v: Float64Array): Promise<Float64Array> => {
    const [up, down] = [await gradientAt(v, step), await gradientAt(v, -step)];
    return up.map((g, i) => (g - down[i]!) / (2 * step));
  };
  try {
    const first = new Float32Array(count);
    fillNormal(first, createKey(options.seed, "epoch0 sharpness: first vector"), 0, 0, 1);
    return await largestEigenvalue(product, Float64Array.from(first), { products, tolerance });
  } finally {
    gradient.dispose();
    for (const tensor of start.values()) tensor.dispose();
  }
}

async function addFlat(total: Float64Array, tensors: readonly Tensor[]): Promise<void> {
  let at = 0;
  for (const tensor of tensors) {
    const values = await tensor.data();
    for (let i = 0; i < values.length; i++) total[at + i]! += values[i]!;
    at += values.length;
  }
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Lanczos with full orthogonalization, from `first`. */
async function largestEigenvalue(
  product: (v: Float64Array) => Promise<Float64Array>,
  first: Float64Array,
  { products, tolerance }: { readonly products: number; readonly tolerance: number },
): Promise<Sharpness> {
  const norm = Math.sqrt(dot(first, first));
  const basis = [first.map((x) => x / norm)];
  const diagonal: number[] = [];
  const off: number[] = [];
  for (;;) {
    const v = basis.at(-1)!;
    const w = await product(v);
    diagonal.push(dot(v, w));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const along = dot(w, other);
        for (let i = 0; i < w.length; i++) w[i]! -= along * other[i]!;
      }
    }
    const beta = Math.sqrt(dot(w, w));
    const { lambdaMax, last } = largestRitz(diagonal, off);
    const error = beta * last;
    const done = error <= tolerance * Math.abs(lambdaMax) || basis.length === w.length || !Number.isFinite(lambdaMax);
    if (done || diagonal.length >= products) {
      const largestStep = lambdaMax > 0 ? 2 / lambdaMax : Number.POSITIVE_INFINITY;
      return { lambdaMax, error, largestStep, products: diagonal.length };
    }
    off.push(beta);
    basis.push(w.map((x) => x / beta));
  }
}

/**
 * Largest eigenvalue θ of the tridiagonal matrix T, and the last entry of its unit eigenvector:
 * s² = Π_j (θ − μ_j) / Π_{i≠θ} (θ − θ_i) with μ the eigenvalues of T without its last row (Thompson & McEnteggert 1968).
 */
function largestRitz(diagonal: readonly number[], off: readonly number[]): { lambdaMax: number; last: number } {
  const eigenvalues = (n: number) =>
    symmetricEigenvalues(
      Array.from({ length: n }, (_, i) =>
        Float64Array.from({ length: n }, (_, j) =>
          i === j ? diagonal[i]! : Math.abs(i - j) === 1 ? off[Math.min(i, j)]! : 0,
        ),
      ),
    );
  const theta = eigenvalues(diagonal.length);
  const lambdaMax = theta.at(-1)!;
  const square = eigenvalues(diagonal.length - 1).reduce(
    (ratio, mu, i) => ratio * ((lambdaMax - mu) / (lambdaMax - theta[i]!)),
    1,
  );
  return { lambdaMax, last: Math.sqrt(Math.min(1, Math.max(0, square))) };
}
