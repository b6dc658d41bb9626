/** The Twins screen's work: the whole training at once, step by step as plain data. */

import { activationByName } from "../../../../src/activation/index.ts";
import { createKey, fillUniform } from "../../../../src/random/index.ts";
import { normalNoise } from "../../../../src/run/noise.ts";
import { STEPS, type TwinsState } from "./state.ts";
import { copyOf, type Layer, layersOf, type Sample, SIZES, singularValues, trainStep } from "./trainer.ts";

export type Start = Pick<TwinsState, "activation" | "start" | "value" | "noise" | "rate" | "seed">;

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
export function samplesOf(seed: number): readonly Sample[] {
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
    layers: copyOf(layers),
    loss,
    rank: values.filter((value) => value > 4 * Number.EPSILON * largest).length,
    stableRank: largest === 0 ? 0 : values.reduce((sum, value) => sum + (value / largest) ** 2, 0),
    groups: layers.slice(0, -1).map(groupsOf),
  };
}

const HIDDEN = [0, 1];
const differs = (a: readonly Layer[], b: readonly Layer[]) =>
  HIDDEN.some((l) => a[l]!.weights.some((row, o) => row.some((w, i) => w !== b[l]!.weights[o]![i])));

export function training(request: Start): Training {
  const activation = activationByName(request.activation);
  const samples = samplesOf(request.seed);
  const layers = startOf(request);
  const frames: Frame[] = [];
  let moved: number | null = null;
  let diverged: number | null = null;
  for (let step = 0; step <= STEPS; step++) {
    const before = copyOf(layers);
    const loss = trainStep(layers, activation, samples, request.rate);
    if (!Number.isFinite(loss)) {
      diverged = step;
      break;
    }
    frames.push(frameOf(before, loss));
    if (moved === null && differs(before, layers)) moved = step + 1;
  }
  const largest = Math.max(
    ...frames.flatMap((frame) =>
      frame.layers.flatMap(({ weights }) => weights.flatMap((row) => [...row].map(Math.abs))),
    ),
  );
  return { frames, moved, diverged, largest };
}
