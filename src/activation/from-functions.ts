/** Activations that somebody gives as functions rather than as an expression. */

import { assemble } from "./assemble.ts";
import type { ActivationReference, FunctionsReference } from "./reference.ts";
import type { Activation } from "./types.ts";

/** Step of the central difference that stands for the second derivative: truncation h² and rounding ε/h are equal there. */
const STEP = Number.EPSILON ** (1 / 3);

const known = new WeakMap<FunctionsReference, Activation>();

/** The activation behind a value and a derivative; the second derivative is a central difference, good to about 1e-10. */
export function fromFunctions(reference: FunctionsReference): Activation {
  const before = known.get(reference);
  if (before) return before;
  const { name, value, derivative } = reference;
  const secondDerivative = (x: number) => {
    const h = STEP * Math.max(1, Math.abs(x));
    return (derivative(x + h) - derivative(x - h)) / (2 * h);
  };
  const breaks = [...(reference.breaks ?? [])].sort((a, b) => a - b);
  const made = assemble(
    { name, label: name, reference, expression: null },
    { value, derivative, secondDerivative },
    breaks,
    [0, ...breaks].map((at) => ({ at, scale: 1 })),
  );
  known.set(reference, made);
  return made;
}

const numbers = new WeakMap<FunctionsReference["value"], number>();
let next = 0;

/** A text that two references share only if they mean the same function: a key for caches. */
export function referenceKey(reference: ActivationReference): string {
  if (reference.kind !== "functions") return JSON.stringify(reference);
  let number = numbers.get(reference.value);
  if (number === undefined) {
    number = next++;
    numbers.set(reference.value, number);
  }
  return `functions ${number} ${reference.name} ${reference.breaks ?? ""}`;
}
