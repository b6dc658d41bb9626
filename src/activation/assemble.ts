/** From a function and its derivatives to everything that the library asks of an activation. */

import type { Scalar } from "./compile.ts";
import type { Activation } from "./types.ts";

/** Height of the step that f takes at each break, each side extrapolated linearly; dropped where it is rounding. */
function jumpsOf(f: Scalar, breaks: readonly number[]): { at: number; size: number }[] {
  return breaks.flatMap((at) => {
    const gap = 1e-8 * Math.max(1e-3, Math.abs(at));
    const left = 2 * f(at - gap) - f(at - 2 * gap);
    const right = 2 * f(at + gap) - f(at + 2 * gap);
    const size = right - left;
    const jump = Math.abs(size) > 1e-7 * Math.max(1, Math.abs(left), Math.abs(right));
    return jump && Number.isFinite(size) ? [{ at, size }] : [];
  });
}

/** Does φ level off towards that side? Its slope far out is a vanishing share of the steepest one. */
function levels(derivative: Scalar, side: 1 | -1, steepest: number): boolean {
  return [200, 317, 500].every((at) => Math.abs(derivative(side * at)) <= 1e-3 * steepest);
}

function steepestSlope(
  derivative: Scalar,
  breaks: readonly number[],
  spots: readonly { at: number; scale: number }[],
): number {
  let top = 0;
  const look = (at: number) => {
    const slope = Math.abs(derivative(at));
    if (Number.isFinite(slope)) top = Math.max(top, slope);
  };
  for (let i = 0; i <= 400; i++) look(-8 + i * 0.04);
  for (const at of breaks) for (const d of [-1e-6, 1e-6]) look(at + d);
  for (const { at, scale } of spots) for (let i = -20; i <= 20; i++) look(at + (i / 5) * scale);
  return top;
}

/** An activation from its functions, its kinks and where they are steep. */
export function assemble(
  identity: Pick<Activation, "name" | "label" | "reference" | "expression">,
  { value, derivative, secondDerivative }: Pick<Activation, "value" | "derivative" | "secondDerivative">,
  breaks: readonly number[],
  spots: Activation["features"],
): Activation {
  const steepest = steepestSlope(derivative, breaks, spots);
  return {
    ...identity,
    value,
    derivative,
    secondDerivative,
    breaks,
    jumps: jumpsOf(value, breaks),
    bends: jumpsOf(derivative, breaks),
    curvatureJumps: jumpsOf(secondDerivative, breaks),
    features: spots,
    steepest,
    saturates: { left: levels(derivative, -1, steepest), right: levels(derivative, 1, steepest) },
  };
}
