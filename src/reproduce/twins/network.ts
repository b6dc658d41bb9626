/**
 * A dense network small enough to be drawn, trained in float64 by plain gradient descent on full batches. Each unit's sums
 * run in the same order, so units that are equal get equal updates to the bit.
 */

import type { Activation } from "../../activation/index.ts";

/** Inputs, hidden units, the output. */
export const SIZES = [2, 4, 4, 1] as const;

export interface Layer {
  /** [outputs][inputs]. */
  readonly weights: readonly Float64Array[];
  readonly biases: Float64Array;
}

export interface Sample {
  readonly x: readonly number[];
  readonly target: number;
}

export const layersOf = (weight: (layer: number, index: number, fanIn: number) => number): Layer[] =>
  SIZES.slice(1).map((outputs, layer) => {
    const inputs = SIZES[layer]!;
    return {
      weights: Array.from({ length: outputs }, (_, o) =>
        Float64Array.from({ length: inputs }, (_, i) => weight(layer, o * inputs + i, inputs)),
      ),
      biases: new Float64Array(outputs),
    };
  });

export const copyOf = (layers: readonly Layer[]): Layer[] =>
  layers.map(({ weights, biases }) => ({ weights: weights.map((row) => row.slice()), biases: biases.slice() }));

/** One step on ½·mean (y − target)²; returns the loss before it. */
export function trainStep(
  layers: readonly Layer[],
  { value, derivative }: Activation,
  samples: readonly Sample[],
  rate: number,
): number {
  const change = layers.map(({ weights, biases }) => ({
    weights: weights.map((row) => new Float64Array(row.length)),
    biases: new Float64Array(biases.length),
  }));
  let loss = 0;
  for (const { x, target } of samples) {
    const inputs: Float64Array[] = [Float64Array.from(x)];
    const sums: Float64Array[] = [];
    layers.forEach(({ weights, biases }, l) => {
      const z = weights.map((row, o) => row.reduce((sum, w, i) => sum + w * inputs[l]![i]!, biases[o]!));
      sums.push(Float64Array.from(z));
      inputs.push(l === layers.length - 1 ? sums[l]! : sums[l]!.map(value));
    });
    const error = inputs.at(-1)![0]! - target;
    loss += (0.5 * error * error) / samples.length;
    let delta = Float64Array.of(error / samples.length);
    for (let l = layers.length - 1; l >= 0; l--) {
      const { weights } = layers[l]!;
      delta.forEach((d, o) => {
        change[l]!.biases[o]! += d;
        inputs[l]!.forEach((a, i) => {
          change[l]!.weights[o]![i]! += d * a;
        });
      });
      if (l === 0) break;
      const back = delta;
      delta = sums[l - 1]!.map((z, i) => {
        let sum = 0;
        back.forEach((d, o) => {
          sum += weights[o]![i]! * d;
        });
        return sum * derivative(z);
      });
    }
  }
  layers.forEach(({ weights, biases }, l) => {
    weights.forEach((row, o) => {
      for (let i = 0; i < row.length; i++) row[i]! -= rate * change[l]!.weights[o]![i]!;
      biases[o]! -= rate * change[l]!.biases[o]!;
    });
  });
  return loss;
}

/** Singular values, largest first, by one-sided Jacobi rotations (Hestenes 1958): small ones to full relative accuracy. */
export function singularValues(rows: readonly Float64Array[]): number[] {
  // Squares of very small and very large numbers are lost.
  const size = Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))));
  if (!(size > 0 && Number.isFinite(size))) return rows.map(() => size);
  const a = rows.map((row) => row.map((value) => value / size));
  for (let sweep = 0; sweep < 30; sweep++) {
    let turned = false;
    for (let p = 0; p < a.length; p++)
      for (let q = p + 1; q < a.length; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        a[p]!.forEach((v, i) => {
          pp += v * v;
          qq += a[q]![i]! ** 2;
          pq += v * a[q]![i]!;
        });
        if (Math.abs(pq) <= Number.EPSILON * Math.sqrt(pp * qq)) continue;
        turned = true;
        const tau = (qq - pp) / (2 * pq);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.hypot(1, tau));
        const c = 1 / Math.hypot(1, t);
        const s = c * t;
        for (let i = 0; i < a[p]!.length; i++) {
          const [v, w] = [a[p]![i]!, a[q]![i]!];
          a[p]![i] = c * v - s * w;
          a[q]![i] = s * v + c * w;
        }
      }
    if (!turned) break;
  }
  return a.map((row) => size * Math.hypot(...row)).sort((x, y) => y - x);
}
