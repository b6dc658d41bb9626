/** Data in the shape that a model takes: labels of a random network, and images with a pattern for each class. */

import { createKey, fillNormal, type Seed } from "../../random/index.ts";
import type { Dataset } from "./types.ts";

export interface SyntheticOptions {
  readonly seed: Seed;
  readonly shape: readonly number[];
  readonly classes: number;
  /** Default 1000. */
  readonly count?: number;
}

const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

function normal(seed: Seed, name: string, length: number, std = 1): Float32Array {
  const out = new Float32Array(length);
  fillNormal(out, createKey(seed, `epoch0 data: ${name}`), 0, 0, std);
  return out;
}

/**
 * Inputs N(0, 1), labels the largest output of a random network with one hidden tanh layer of 32: a task that a network
 * can solve and a straight line cannot. Each output is centred over the samples, so that every class occurs.
 */
export function teacher({ seed, shape, classes, count = 1000 }: SyntheticOptions): Dataset {
  const width = size(shape);
  const hidden = 32;
  const inputs = normal(seed, "inputs of a teacher", count * width);
  const first = normal(seed, "first layer of a teacher", hidden * width, 2 / Math.sqrt(width));
  const second = normal(seed, "second layer of a teacher", classes * hidden);
  const outputs = Array.from({ length: count }, (_, row) => {
    const units = Array.from({ length: hidden }, (_, unit) => {
      let z = 0;
      for (let k = 0; k < width; k++) z += first[unit * width + k]! * inputs[row * width + k]!;
      return Math.tanh(z);
    });
    return Array.from({ length: classes }, (_, c) => units.reduce((sum, u, k) => sum + u * second[c * hidden + k]!, 0));
  });
  const mean = Array.from({ length: classes }, (_, c) => outputs.reduce((sum, y) => sum + y[c]!, 0) / count);
  const labels = Int32Array.from(outputs, (y) => {
    const centred = y.map((value, c) => value - mean[c]!);
    return centred.indexOf(Math.max(...centred));
  });
  return { name: "teacher", count, inputs, shape, labels, classes: names(classes) };
}

/**
 * Images [channels, height, width]: for each class a smooth pattern (three waves a channel) under noise of the same
 * variance, mean 0 and variance 1 together. A pattern is shifted at random, so that position alone tells nothing.
 */
export function images({ seed, shape, classes, count = 1000 }: SyntheticOptions): Dataset {
  const [channels = 1, height = 1, width = 1] = shape;
  const waves = 3;
  const recipe = normal(seed, "waves of the images", classes * channels * waves * 3);
  const shifts = normal(seed, "shifts of the images", 2 * count, 0.15);
  const inputs = normal(seed, "noise of the images", count * size(shape), Math.SQRT1_2);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let value = 0;
          for (let wave = 0; wave < waves; wave++) {
            const at = ((labels[i]! * channels + channel) * waves + wave) * 3;
            const [fx, fy, phase] = [recipe[at]! * 2, recipe[at + 1]! * 2, recipe[at + 2]! * Math.PI];
            value += Math.cos(
              2 * Math.PI * (fx * (x / width + shifts[2 * i]!) + fy * (y / height + shifts[2 * i + 1]!)) + phase,
            );
          }
          inputs[((i * channels + channel) * height + y) * width + x]! += value / Math.sqrt(waves);
        }
      }
    }
  }
  return { name: "images", count, inputs, shape, labels, classes: names(classes) };
}

function names(classes: number): string[] {
  return Array.from({ length: classes }, (_, i) => String(i));
}
