/** Trainings in full batches whose weights are looked at on the way, to see whether two of them stay together. */

import type { Model } from "../model/types.ts";
import { createTrainer, type Samples, type Weights } from "../run/index.ts";

export interface Trajectory {
  readonly losses: readonly number[];
  /** All parameters every so many steps, times the scale that was asked for. */
  readonly states: readonly Float64Array[];
}

function flatten(weights: Weights, scale: number): Float64Array {
  const parts = [...weights.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, values]) => values);
  const flat = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) for (const value of part) flat[at++] = scale * value;
  return flat;
}

export interface Follow {
  readonly beta: number;
  readonly learningRate: number;
  readonly weights: Weights;
  /** What the weights are multiplied by before they are compared. */
  readonly scale?: number;
}

export function scaled(weights: Weights, factor: number): Map<string, Float32Array> {
  return new Map([...weights].map(([name, values]) => [name, Float32Array.from(values, (value) => factor * value)]));
}

/** Largest difference between two trajectories' weights at each look. */
export function apart(a: Trajectory, b: Trajectory): number[] {
  return a.states.map((state, i) => {
    const other = b.states[i]!;
    return state.reduce((most, value, k) => Math.max(most, Math.abs(value - other[k]!)), 0);
  });
}

export interface FollowerOptions {
  /** The network whose units have this slope. */
  readonly modelOf: (beta: number) => Model;
  readonly data: Samples;
  readonly steps: number;
  /** Steps from one look to the next. */
  readonly every: number;
  readonly onRun: () => void;
}

/** Follows a training in full batches; one compiled trainer a slope. */
export function createFollower({ modelOf, data, steps, every, onRun }: FollowerOptions) {
  const trainers = new Map<number, Promise<Awaited<ReturnType<typeof createTrainer>>>>();
  const trainerFor = (beta: number, weights: Weights) => {
    const found =
      trainers.get(beta) ??
      createTrainer(modelOf(beta), {
        weights,
        loss: "squared-error",
        optimizer: { kind: "sgd", learningRate: 1 },
      });
    trainers.set(beta, found);
    return found;
  };
  const follow = async ({ beta, learningRate, weights, scale = 1 }: Follow): Promise<Trajectory> => {
    const trainer = await trainerFor(beta, weights);
    trainer.reset(weights, { learningRate });
    const losses: number[] = [];
    const states: Float64Array[] = [];
    for (let step = 0; step <= steps; step++) {
      if (step % every === 0) states.push(flatten(await trainer.weights(), scale));
      if (step < steps) losses.push((await trainer.step(data)).loss);
    }
    onRun();
    return { losses, states };
  };
  return Object.assign(follow, {
    dispose: () => {
      for (const trainer of trainers.values()) trainer.then((each) => each.dispose()).catch(() => undefined);
    },
  });
}
