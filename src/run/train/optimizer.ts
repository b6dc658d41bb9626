/** Update rules as traceable functions, in PyTorch's form. */

import type { Jax, Tensor } from "../jax.ts";
import type { OptimizerOptions } from "./types.ts";

export interface Optimizer {
  /** Arrays kept for each parameter, all zero at the start. */
  readonly slots: number;
  /** Numbers that change from step to step; `step` counts from 1. */
  readonly numbers: (step: number, learningRate: number) => number[];
  /** (parameter, gradient, slots, numbers) → parameter and slots; borrows its arguments. */
  readonly update: (
    parameter: Tensor,
    gradient: Tensor,
    slots: readonly Tensor[],
    numbers: readonly Tensor[],
  ) => Tensor[];
}

/**
 * - sgd: v ← μ v + g, w ← w − η v (no dampening, no Nesterov).
 * - adam (Kingma & Ba 2015, algorithm 1): w ← w − η m̂ / (√v̂ + ε).
 *
 * Errors: a learning rate or a decay that is out of range.
 */
export function createOptimizer(jax: Jax, options: OptimizerOptions): Optimizer {
  checkLearningRate(options.learningRate);
  switch (options.kind) {
    case "sgd":
      return sgd(within("momentum", options.momentum ?? 0));
    case "adam":
      return adam(
        jax,
        within("beta1", options.beta1 ?? 0.9),
        within("beta2", options.beta2 ?? 0.999),
        options.epsilon ?? 1e-8,
      );
  }
}

export function checkLearningRate(learningRate: number): void {
  if (!Number.isFinite(learningRate) || learningRate < 0) {
    throw new Error(`train: a learning rate is a finite number from 0 on, got ${learningRate}, use 0.1`);
  }
}

function within(name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new Error(`train: ${name} is at least 0 and below 1, got ${value}, use ${name === "momentum" ? 0.9 : 0.99}`);
}

function sgd(momentum: number): Optimizer {
  return {
    slots: momentum === 0 ? 0 : 1,
    numbers: (_, learningRate) => [learningRate],
    update(parameter, gradient, [velocity], [rate]) {
      if (velocity === undefined) return [parameter.ref.sub(gradient.ref.mul(rate!.ref))];
      const next = velocity.ref.mul(momentum).add(gradient.ref);
      return [parameter.ref.sub(next.ref.mul(rate!.ref)), next];
    },
  };
}

function adam(jax: Jax, beta1: number, beta2: number, epsilon: number): Optimizer {
  return {
    slots: 2,
    numbers: (step, learningRate) => [learningRate / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)],
    update(parameter, gradient, [mean, square], [rate, correction]) {
      const m = mean!.ref.mul(beta1).add(gradient.ref.mul(1 - beta1));
      const v = square!.ref.mul(beta2).add(gradient.ref.mul(gradient.ref).mul(1 - beta2));
      const deviation = jax.numpy.sqrt(v.ref).mul(correction!.ref).add(epsilon);
      return [parameter.ref.sub(m.ref.mul(rate!.ref).div(deviation)), m, v];
    },
  };
}
