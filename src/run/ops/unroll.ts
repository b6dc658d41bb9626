/** One direction of a recurrent layer through time, and back (backpropagation through time, Werbos 1990). */

import type { Jax, Tensor } from "../jax.ts";
import type { Cell } from "./cell.ts";

export interface Extent {
  readonly steps: number;
  readonly samples: number;
  readonly features: number;
  readonly hidden: number;
  /** Gates × hidden. */
  readonly width: number;
}

/** All borrowed. */
export interface DirectionWeights {
  readonly inputWeight: Tensor;
  readonly recurrentWeight: Tensor;
  readonly inputBias: Tensor | null;
  readonly recurrentBias: Tensor | null;
}

export interface Trace {
  /** Hidden output of each time, in the order of time. */
  readonly hidden: Tensor[];
  readonly last: Tensor[];
}

export interface DirectionGradient {
  /** [steps, samples, features] */
  readonly x: Tensor;
  readonly inputWeight: Tensor;
  readonly recurrentWeight: Tensor;
  readonly inputBias: Tensor;
  readonly recurrentBias: Tensor;
  readonly start: Tensor[];
}

export interface Unrolled {
  readonly forward: (byTime: Tensor, weights: DirectionWeights, start: Tensor[], reverse: boolean) => Trace;
  readonly backward: (
    byTime: Tensor,
    weights: DirectionWeights,
    start: Tensor[],
    reverse: boolean,
    cotangents: { readonly hidden: readonly (Tensor | null)[]; readonly last: readonly Tensor[] },
  ) => DirectionGradient;
}

/**
 * The cell is compiled once, forward and backward, and called step by step: a long sequence compiles no longer than a
 * short one. The input's product with all gates is one matrix product over all steps. `start` and the cotangents are
 * given away, the rest is borrowed.
 */
export function unroll(jax: Jax, cell: Cell, extent: Extent): Unrolled {
  const { steps, samples, features, width } = extent;
  const rows = (byTime: Tensor) => byTime.ref.reshape([steps * samples, features]);
  const step = jax.jit((...args: Tensor[]) => cell.step(jax, args));
  const project = jax.jit((x: Tensor, weight: Tensor, bias: Tensor) =>
    jax.lax
      .dot(x, weight, { lhsContractingDims: [1], rhsContractingDims: [1] })
      .add(bias)
      .reshape([steps, samples, width]),
  );
  // Through the compiled step: jax-js 0.1.25 cannot linearize results of which one is an ancestor of another (h' of c').
  const stepBack = jax.jit((...args: Tensor[]) => {
    const [results, pull] = jax.vjp((...inner: Tensor[]) => step(...inner), args.slice(0, 3 + cell.states));
    for (const result of results) result.dispose();
    const gradients: Tensor[] = pull(args.slice(3 + cell.states));
    return gradients;
  });
  const inputGradients = jax.jit((gates: Tensor, x: Tensor, weight: Tensor) => [
    jax.lax
      .dot(gates.ref, weight, { lhsContractingDims: [1], rhsContractingDims: [0] })
      .reshape([steps, samples, features]),
    jax.lax.dot(gates.ref, x, { lhsContractingDims: [0], rhsContractingDims: [0] }),
    gates.sum(0),
  ]);
  const orNothing = (bias: Tensor | null) => bias?.ref ?? jax.numpy.zeros([width]);
  const timesOf = (reverse: boolean) => Array.from({ length: steps }, (_, i) => (reverse ? steps - 1 - i : i));

  return {
    forward(byTime, weights, start, reverse) {
      const gates = project(rows(byTime), weights.inputWeight.ref, orNothing(weights.inputBias));
      const bias = orNothing(weights.recurrentBias);
      const hidden: Tensor[] = new Array(steps);
      let state = start;
      for (const t of timesOf(reverse)) {
        state = step(gates.ref.slice(t), weights.recurrentWeight.ref, bias.ref, ...state);
        hidden[t] = state[0]!.ref;
      }
      for (const used of [gates, bias]) used.dispose();
      return { hidden, last: state };
    },
    backward(byTime, weights, start, reverse, cotangents) {
      const gates = project(rows(byTime), weights.inputWeight.ref, orNothing(weights.inputBias));
      const bias = orNothing(weights.recurrentBias);
      const times = timesOf(reverse);
      const states = new Map<number, Tensor[]>();
      let state = start;
      for (const t of times) {
        states.set(t, state);
        const next = state.map((part) => part.ref);
        state = step(gates.ref.slice(t), weights.recurrentWeight.ref, bias.ref, ...next);
      }
      for (const part of state) part.dispose();

      let pending = [...cotangents.last];
      let sums: [Tensor, Tensor] | null = null;
      const byStep: Tensor[] = new Array(steps);
      for (const t of times.reverse()) {
        const here = cotangents.hidden[t] ?? null;
        if (here !== null) pending[0] = pending[0]!.add(here);
        const args = [gates.ref.slice(t), weights.recurrentWeight.ref, bias.ref, ...states.get(t)!, ...pending];
        const [gate, weight, shift, ...earlier] = stepBack(...args);
        byStep[t] = gate!;
        sums = sums === null ? [weight!, shift!] : [sums[0].add(weight!), sums[1].add(shift!)];
        pending = earlier;
      }
      for (const used of [gates, bias]) used.dispose();
      const all = joined(jax, byStep);
      const [x, inputWeight, inputBias] = inputGradients(all, rows(byTime), weights.inputWeight.ref);
      return {
        x: x!,
        inputWeight: inputWeight!,
        inputBias: inputBias!,
        recurrentWeight: sums![0],
        recurrentBias: sums![1],
        start: pending,
      };
    },
  };
}

/** Along axis 0, in pairs: jax-js evaluates every piece of a concatenation for every element. Gives the pieces away. */
export function joined(jax: Jax, pieces: readonly Tensor[]): Tensor {
  let level = [...pieces];
  while (level.length > 1) {
    const next: Tensor[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = level.slice(i, i + 2);
      next.push(pair.length === 2 ? jax.numpy.concatenate(pair, 0) : pair[0]!);
    }
    level = next;
  }
  return level[0]!;
}
