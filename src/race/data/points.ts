/** Points in the plane whose classes no straight line parts. */

import { createKey, fillNormal, fillUniform, type Seed } from "../../random/index.ts";
import type { Dataset } from "./types.ts";

export interface PointOptions {
  readonly seed: Seed;
  /** Default 600. */
  readonly count?: number;
  /** Standard deviation of what is added to each coordinate. Default 0.1. */
  readonly noise?: number;
}

/** Arms of a spiral that turn once and a half, radius 0 … 2, one class an arm. */
export function spirals({ arms = 3, ...options }: PointOptions & { readonly arms?: number }): Dataset {
  return points("spirals", arms, options, (t, arm) => {
    const angle = 3 * Math.PI * t + (2 * Math.PI * arm) / arms;
    return [2 * t * Math.cos(angle), 2 * t * Math.sin(angle)];
  });
}

/** Two half circles that reach into each other. */
export function moons(options: PointOptions): Dataset {
  return points("moons", 2, options, (t, side) => {
    const angle = Math.PI * t;
    return side === 0
      ? [Math.cos(angle) - 0.5, Math.sin(angle) - 0.25]
      : [0.5 - Math.cos(angle), 0.25 - Math.sin(angle)];
  });
}

function points(
  name: string,
  classes: number,
  { seed, count = 600, noise = 0.1 }: PointOptions,
  at: (t: number, label: number) => readonly [number, number],
): Dataset {
  const inputs = new Float32Array(2 * count);
  const places = new Float32Array(count);
  fillNormal(inputs, createKey(seed, `epoch0 data: noise of ${name}`), 0, 0, noise);
  fillUniform(places, createKey(seed, `epoch0 data: places of ${name}`), 0, 0, 1);
  const labels = Int32Array.from(places, (_, i) => i % classes);
  for (let i = 0; i < count; i++) {
    const [x, y] = at(places[i]!, labels[i]!);
    inputs[2 * i]! += x;
    inputs[2 * i + 1]! += y;
  }
  return { name, count, inputs, shape: [2], labels, classes: Array.from({ length: classes }, (_, i) => String(i)) };
}
