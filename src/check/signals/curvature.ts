/** λ_max of the loss's Hessian, by power iteration on Hessian–vector products (Pearlmutter 1994; LeCun, Simard & Pearlmutter 1993). */

import type { Model } from "../../model/types.ts";
import { createTrainer, type Mode, type Values } from "../../run/index.ts";
import { normalNoise } from "../../run/noise.ts";
import type { Rows } from "../data.ts";

/** Rows that the loss is taken over: λ_max of some hundred rows is within a few per cent of all. */
const MOST_ROWS = 256;
const MOST_ROUNDS = 30;
/** Relative change of the estimate at which the iteration ends. */
const SETTLED = 0.01;
/** Length of the step that the gradient is differenced over, relative to the weights': √ε of float32, balanced (Nocedal & Wright 8.1). */
const STEP = 3e-3;

export interface Curvature {
  readonly value: number;
  readonly samples: number;
}

const norm = (values: Values): number => {
  let sum = 0;
  for (const each of values.values()) for (const value of each) sum += value * value;
  return Math.sqrt(sum);
};

/**
 * The largest eigenvalue in size of ∂²L/∂w², L the mean cross-entropy over up to 256 rows, at the file's weights.
 *
 * H v ≈ (∇L(w + h·v) − ∇L(w − h·v)) / 2h, central differences with error O(h²).
 *
 * @throws `train: …` where labels do not fit the output
 */
export async function largestCurvature(
  model: Model,
  rows: Rows,
  { mode, signal }: { readonly mode: Mode; readonly signal?: AbortSignal },
): Promise<Curvature> {
  const { labels, features, values } = rows;
  if (labels === null) throw new Error("check: --lr needs labelled data, got rows without labels");
  const count = Math.min(MOST_ROWS, rows.count);
  const batch = { count, inputs: values.subarray(0, count * features), targets: labels.subarray(0, count) };
  const trainer = await createTrainer(model, {
    weights: new Map(),
    loss: "cross-entropy",
    optimizer: { kind: "sgd", learningRate: 1 },
    mode,
  });
  try {
    const weights = await trainer.weights();
    const first = (await trainer.gradient(batch)).gradients;
    let direction: Values = new Map(
      [...first].map(([name, gradient]) => [name, normalNoise(0, `curvature ${name}`, gradient.length, 0, 1)]),
    );
    const size = norm(new Map([...weights].filter(([name]) => first.has(name)))) || 1;
    const gradientAt = async (shift: number) => {
      const moved: Values = new Map(
        [...weights].map(([name, held]) => {
          const along = direction.get(name);
          return [name, along ? held.map((value, i) => value + shift * along[i]!) : held];
        }),
      );
      trainer.reset(moved);
      return (await trainer.gradient(batch)).gradients;
    };
    let value = 0;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      signal?.throwIfAborted();
      const length = norm(direction) || 1;
      direction = new Map([...direction].map(([name, each]) => [name, each.map((x) => x / length)]));
      const h = STEP * size;
      const [ahead, behind] = [await gradientAt(h), await gradientAt(-h)];
      const product: Values = new Map(
        [...ahead].map(([name, each]) => [name, each.map((x, i) => (x - behind.get(name)![i]!) / (2 * h))]),
      );
      const next = norm(product);
      const settled = Math.abs(next - value) <= SETTLED * next;
      value = next;
      direction = product;
      if (settled || next === 0) break;
    }
    return { value, samples: count };
  } finally {
    trainer.dispose();
  }
}
