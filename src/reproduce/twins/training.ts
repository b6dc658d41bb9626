/**
 * Units that start equal, or nearly: a network that can be drawn learns whether its two inputs have one sign, which one unit
 * a layer cannot tell. All of the training, step by step, as plain data.
 */

import { activationByName } from "../../activation/index.ts";
import { createKey, fillUniform, type Seed } from "../../random/index.ts";
import { normalNoise } from "../../run/noise.ts";
import { copyOf, type Layer, layersOf, type Sample, SIZES, singularValues, trainStep } from "./network.ts";

export const UNITS = ["tanh", "relu", "logistic"] as const;
export const STARTS = ["zeros", "constant", "breath", "drawn"] as const;

export interface Start {
  readonly activation: (typeof UNITS)[number];
  /** All 0; all `value`; `value` + `noise`·N(0, 1); U(±1/√fan-in). Biases are 0. */
  readonly start: (typeof STARTS)[number];
  readonly value: number;
  readonly noise: number;
  readonly rate: number;
  readonly seed: Seed;
}

/** Updates of a training. */
export const STEPS = 1000;

export interface Frame {
  readonly layers: readonly Layer[];
  readonly loss: number;
  /** Of the second hidden matrix: singular values above 4ε of the largest, and ‖W‖²/σ₁², which counts by size. */
  readonly rank: number;
  readonly stableRank: number;
  /** A number a unit, for each hidden layer: equal numbers are one unit, to the bit. */
  readonly groups: readonly (readonly number[])[];
}

export interface Training {
  readonly frames: readonly Frame[];
  /** First step that changed a weight of a hidden layer; null where none did. */
  readonly moved: number | null;
  /** The step at which the loss was no number any more; null where it stayed one. */
  readonly diverged: number | null;
  /** Largest |w| over the training. */
  readonly largest: number;
}

const SAMPLES = 24;

/** Points of the plane and whether their coordinates have one sign: no single unit tells. */
export function samplesOf(seed: Seed): readonly Sample[] {
  const x = normalNoise(seed, "twins inputs", 2 * SAMPLES, 0, 1);
  return Array.from({ length: SAMPLES }, (_, i) => {
    const [a, b] = [x[2 * i]!, x[2 * i + 1]!];
    return { x: [a, b], target: a * b > 0 ? 1 : 0 };
  });
}

function startOf({ start, value, noise, seed }: Start): Layer[] {
  const stream = (layer: number, kind: "noise" | "drawn", length: number) => {
    if (kind === "noise") return normalNoise(seed, `twins weights ${layer}`, length, 0, 1);
    const out = new Float32Array(length);
    fillUniform(out, createKey(seed, `twins weights ${layer}`), 0, -1, 1);
    return out;
  };
  const draws = SIZES.slice(1).map((outputs, layer) =>
    stream(layer, start === "drawn" ? "drawn" : "noise", outputs * SIZES[layer]!),
  );
  return layersOf((layer, index, fanIn) => {
    switch (start) {
      case "zeros":
        return 0;
      case "constant":
        return value;
      case "breath":
        return value + noise * draws[layer]![index]!;
      case "drawn":
        return draws[layer]![index]! / Math.sqrt(fanIn);
    }
  });
}

function groupsOf({ weights, biases }: Layer): number[] {
  const known: string[] = [];
  return weights.map((row, o) => {
    // −0 and 0 are one number.
    const key = [...row, biases[o]!].map((w) => w + 0).join(" ");
    if (!known.includes(key)) known.push(key);
    return known.indexOf(key);
  });
}

function frameOf(layers: readonly Layer[], loss: number): Frame {
  const values = singularValues(layers[1]!.weights);
  const [largest = 0] = values;
  return {
    layers,
    loss,
    rank: values.filter((value) => value > 4 * Number.EPSILON * largest).length,
    stableRank: largest === 0 ? 0 : values.reduce((sum, value) => sum + (value / largest) ** 2, 0),
    groups: layers.slice(0, -1).map(groupsOf),
  };
}

const HIDDEN = [0, 1];
const differs = (a: readonly Layer[], b: readonly Layer[]) =>
  HIDDEN.some((l) => a[l]!.weights.some((row, o) => row.some((w, i) => w !== b[l]!.weights[o]![i])));

export interface Descended {
  readonly layers: readonly Layer[];
  /** Before the step's update. */
  readonly loss: number;
}

/** Steps 0 … `STEPS`, until the loss is no number any more. */
export function* descent(request: Start): Generator<Descended> {
  const activation = activationByName(request.activation);
  const samples = samplesOf(request.seed);
  const layers = startOf(request);
  for (let step = 0; step <= STEPS; step++) {
    const before = copyOf(layers);
    const loss = trainStep(layers, activation, samples, request.rate);
    if (!Number.isFinite(loss)) return;
    yield { layers: before, loss };
  }
}

/** Whether the units of each hidden layer are one unit, to the bit. */
export const areTwins = (layers: readonly Layer[]): boolean =>
  layers.slice(0, -1).every((layer) => groupsOf(layer).every((group) => group === 0));

export function training(request: Start): Training {
  const frames = [...descent(request)].map(({ layers, loss }) => frameOf(layers, loss));
  const moved = frames.findIndex(({ layers }, step) => step > 0 && differs(frames[step - 1]!.layers, layers));
  const largest = Math.max(
    ...frames.flatMap((frame) =>
      frame.layers.flatMap(({ weights }) => weights.flatMap((row) => [...row].map(Math.abs))),
    ),
  );
  return {
    frames,
    moved: moved === -1 ? null : moved,
    diverged: frames.length > STEPS ? null : frames.length,
    largest,
  };
}
