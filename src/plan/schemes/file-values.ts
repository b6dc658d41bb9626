/** What the file holds of a parameter: moments, and whether all its values are one. */

import type { Model } from "../../model/types.ts";

export interface FileValues {
  readonly mean: number;
  readonly std: number;
  readonly constant: boolean;
}

/** Moments of the values in the file (population standard deviation); null where the file has none. */
export function fileValues(model: Model, parameter: string): FileValues | null {
  const values = model.read(parameter);
  if (!values || values.length === 0) return null;
  const first = values[0]!;
  let sum = 0;
  let constant = true;
  for (const value of values) {
    sum += value;
    if (value !== first) constant = false;
  }
  if (constant) return { mean: first, std: 0, constant };
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length), constant };
}
