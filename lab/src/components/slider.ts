/** Between a slider's position (0 … POSITIONS) and a number of the schema, on a linear or a log scale. */

import { type NumberField, settle } from "../state/schema.ts";

export const POSITIONS = 1000;

/** Presses of an arrow from one end of a slider to the other. */
const PRESSES = 50;

export function positionOf({ min, max, log }: NumberField, value: number): number {
  const share = log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
  return POSITIONS * share;
}

/** Numbers without a step are rounded to three digits, which is more than a hand can place. */
export function valueAt(field: NumberField, position: number): number {
  const { min, max, log, step } = field;
  const share = position / POSITIONS;
  const exact = log ? min * (max / min) ** share : min + share * (max - min);
  const digits = Math.max(0, Math.ceil(2 - Math.log10(log ? exact : max - min)));
  return settle(field, step === undefined ? Number(exact.toFixed(Math.min(20, digits))) : exact);
}

/** What the arrows of a number field add: the step, or a round number about a hundredth of the range, on a log scale of the value. */
export function spinStep({ min, max, log, step }: NumberField, value: number): number {
  return step ?? 10 ** Math.floor(Math.log10(log ? value / 5 : (max - min) / 100));
}

/** One press of an arrow: a fiftieth of the slider, but at least to the next number there is. */
export function moved(field: NumberField, value: number, direction: number): number {
  const next = valueAt(field, positionOf(field, value) + (direction * POSITIONS) / PRESSES);
  if (next !== value) return next;
  return settle(field, value + direction * (field.step ?? (field.max - field.min) / POSITIONS));
}
