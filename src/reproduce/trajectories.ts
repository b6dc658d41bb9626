/** Trainings in full batches whose weights are looked at on the way, to see whether two of them stay together. */

import type { Model } from "../model/types.ts";
import { createTrainer, type Samples, type Weights } from "../run/index.ts";
import { standardDigits } from "./data.ts";
import { network } from "./networks.ts";

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

export interface SlopeCurves {
  /** Slope β at rate η from weights w. */
  readonly steep: Trajectory;
  /** Slope 1 at rate β²η from βw, its weights divided by β; then slope 1 at rate βη from w. Null until they are trained. */
  readonly theorem: Trajectory | null;
  readonly plain: Trajectory | null;
}

export interface SlopeOptions {
  readonly beta: number;
  readonly learningRate: number;
  readonly weights: Weights;
}

/** The two sides of the theorem on slope and rate (Thimm, Moerland & Fiesler 1996), and its plain reading; a part after each training. */
export async function* slopeCurves(
  follow: (what: Follow) => Promise<Trajectory>,
  { beta, learningRate, weights }: SlopeOptions,
): AsyncGenerator<SlopeCurves> {
  const steep = await follow({ beta, learningRate, weights });
  yield { steep, theorem: null, plain: null };
  const rescaled = { learningRate: beta * beta * learningRate, weights: scaled(weights, beta), scale: 1 / beta };
  const theorem = await follow({ beta: 1, ...rescaled });
  yield { steep, theorem, plain: null };
  yield { steep, theorem, plain: await follow({ beta: 1, learningRate: beta * learningRate, weights }) };
}

export interface SlopeNetwork {
  /** Units of each of two hidden layers. */
  readonly width: number;
  /** Digits, all of them in each update. */
  readonly rows: number;
  readonly steps: number;
  readonly every: number;
}

/** Every unit has the slope, the outputs too: then all weights of the network are rescaled alike. */
export function withSlope(beta: number, { width, rows }: SlopeNetwork): Model {
  const unit = `logistic(${beta})`;
  return network(`64 > ${width} ${unit} > ${width} ${unit} > 10 ${unit}`, rows);
}

export function followSlopes(setting: SlopeNetwork, onRun: () => void): ReturnType<typeof createFollower> {
  const data = standardDigits(setting.rows);
  return createFollower({ ...setting, data, modelOf: (beta) => withSlope(beta, setting), onRun });
}

/** The experiment at its quick size, which the lab shows. */
export const QUICK_SLOPE: SlopeNetwork = { width: 12, rows: 64, steps: 100, every: 20 };
