/** The Phase screen's work: χ₁ over the plane, the critical line, and what happens at one point. */

import {
  type Activation,
  activationByName,
  attractor,
  type CriticalPoint,
  correlationMap,
  criticalPoint,
  depthScales,
  edgeOfChaos,
  moments,
  parseExpression,
  recognise,
  resolveActivation,
} from "../../../../src/activation/index.ts";
import { BIASES, biasAt, COLUMNS, type Plane, ROWS, weightAt } from "./plane.ts";
import { type ActivationChoice, type PhaseState, STARTS } from "./state.ts";

/** Where typed text is read, mathjs is loaded, once. */
async function activationOf({ activation, expression }: ActivationChoice): Promise<Activation> {
  if (activation !== "expression") return activationByName(activation);
  return resolveActivation({ kind: "expression", expression: await parseExpression(expression) });
}

export interface PhaseMap {
  /** For people. */
  readonly label: string;
  /** The catalogue's name of what was typed; null where it has none. */
  readonly recognised: string | null;
  readonly plane: Plane;
  /** χ₁, row by row from the smallest bias variance; NaN where the signal has no end. */
  readonly chi: Float32Array;
  /** The edge of chaos, by ascending bias variance. */
  readonly line: readonly CriticalPoint[];
}

/** E[φ²] and E[φ'²] over q, once an activation: a cell of the map is then arithmetic. */
const LOWEST = 1e-6;
const HIGHEST = 1e6;
const PER_DECADE = 24;
const STEPS = Math.log10(HIGHEST / LOWEST) * PER_DECADE;

function table(activation: Activation) {
  const q = Float64Array.from({ length: STEPS + 1 }, (_, i) => LOWEST * 10 ** (i / PER_DECADE));
  const square = new Float64Array(q.length);
  const slope = new Float64Array(q.length);
  q.forEach((variance, i) => {
    const m = moments(activation, { variance });
    square[i] = m.secondMoment;
    slope[i] = m.derivativeSecondMoment;
  });
  return { q, square, slope };
}

/** χ₁ at the fixed point that a signal of variance 1 is driven to; at the table's end where it never rests. */
function chiAt({ q, square, slope }: ReturnType<typeof table>, weight: number, bias: number): number {
  const excess = (i: number) => weight * square[i]! + bias - q[i]!;
  let i = Math.round(STEPS / 2);
  const up = excess(i) > 0;
  if (!Number.isFinite(excess(i))) return Number.NaN;
  while (up ? i < STEPS : i > 0) {
    const next = up ? i + 1 : i - 1;
    const [here, there] = [excess(i), excess(next)];
    if (there > 0 !== up) {
      const share = here / (here - there);
      return weight * (slope[i]! + share * (slope[next]! - slope[i]!));
    }
    i = next;
  }
  return weight * slope[i]!;
}

/** Factors of σ_w² on each side of the critical point. */
const AROUND = 12;

/** The map, its window around the critical point and the person's own. */
export async function map(request: ActivationChoice & { readonly weight: number }): Promise<PhaseMap> {
  const activation = await activationOf(request);
  const known = table(activation);
  const line = edgeOfChaos(activation, BIASES);
  const middle =
    criticalPoint(activation, { biasVariance: 0.05 })?.weightVariance ??
    line[0]?.weightVariance ??
    1 / moments(activation).derivativeSecondMoment;
  const centre = Number.isFinite(middle) ? Math.min(100, Math.max(0.2, middle)) : 1;
  const plane: Plane = [Math.min(centre / AROUND, request.weight), Math.max(centre * AROUND, request.weight)];
  const chi = new Float32Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++)
    for (let column = 0; column < COLUMNS; column++)
      chi[row * COLUMNS + column] = chiAt(known, weightAt(plane, (column + 0.5) / COLUMNS), biasAt((row + 0.5) / ROWS));
  const reference = activation.expression === null ? null : recognise(activation.expression);
  return {
    label: activation.label,
    recognised:
      request.activation === "expression" && reference?.kind === "named" ? resolveActivation(reference).label : null,
    plane,
    chi,
    line,
  };
}

export interface PhasePoint {
  readonly label: string;
  /** The fixed point of the signal, null where it grows without end. */
  readonly q: number | null;
  /** χ₁ and the depth scales ξ_c and ξ_q there; ∞ where nothing is forgotten. */
  readonly chi: number;
  readonly correlationScale: number;
  readonly varianceScale: number;
  /** Of the same bias variance: `epoch0 gain --bias-variance`. */
  readonly critical: CriticalPoint | null;
  /** For each start, layer by layer from the input; empty where there is no signal to correlate. */
  readonly paths: readonly (readonly number[])[];
}

/** Below this the signal is gone, for correlations to mean anything. */
const GONE = 1e-9;

export async function point(state: PhaseState): Promise<PhasePoint> {
  const activation = await activationOf(state);
  const field = { weightVariance: state.weight, biasVariance: state.bias };
  const fixed = attractor(activation, field);
  const q = fixed?.q ?? null;
  // A signal that grows without end meets the activation's outer slopes.
  const scales = depthScales(activation, state.weight, q ?? HIGHEST);
  const paths: number[][] = [];
  if (q !== null && q > GONE) {
    const at = { mean: 0, variance: q };
    const { product } = correlationMap(activation, at, at);
    for (const start of STARTS) {
      const path: number[] = [start];
      for (let layer = 1; layer <= state.depth; layer++) {
        const next = (state.weight * product(path[layer - 1]!) + state.bias) / q;
        path.push(Math.max(-1, Math.min(1, next)));
      }
      paths.push(path);
    }
  }
  return {
    label: activation.label,
    q,
    chi: scales.chi,
    correlationScale: scales.correlation,
    varianceScale: scales.variance,
    critical: criticalPoint(activation, { biasVariance: state.bias }),
    paths,
  };
}
