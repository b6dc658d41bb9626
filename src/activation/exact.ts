/** Closed forms of the moments under N(mean, variance). Sources beside each; null where none is known or it would cancel. */

import { normalCdf, normalDensity } from "../gaussian/index.ts";
import type { ActivationMoments } from "./moments.ts";
import type { Activation } from "./types.ts";

type Core = Pick<
  ActivationMoments,
  "mean" | "secondMoment" | "derivativeMean" | "derivativeSecondMoment" | "secondMomentSlope"
>;
type Form = (mean: number, variance: number, parameters: Readonly<Record<string, number>>) => Core | null;

/** He 2015, eq. 15, with a mean: each half line by truncated Gaussian moments. */
function leaky(slope: number): Form {
  return (mean, variance) => {
    const sd = Math.sqrt(variance);
    const t = mean / sd;
    // Far from the kink the two terms of the tail's second moment cancel.
    if (t < -3 && slope === 0) return null;
    const [right, left] = [normalCdf(t), normalCdf(-t)];
    const edge = sd * normalDensity(t);
    const square = slope * slope;
    const rightSquare = (mean * mean + variance) * right + mean * edge;
    const leftSquare = (mean * mean + variance) * left - mean * edge;
    return {
      mean: mean * right + edge + slope * (mean * left - edge),
      secondMoment: rightSquare + square * leftSquare,
      derivativeMean: right + slope * left,
      derivativeSecondMoment: right + square * left,
      secondMomentSlope: right + square * left,
    };
  };
}

const identity: Form = (mean, variance) => ({
  mean,
  secondMoment: mean * mean + variance,
  derivativeMean: 1,
  derivativeSecondMoment: 1,
  secondMomentSlope: 1,
});

const square: Form = (m, q) => ({
  mean: m * m + q,
  secondMoment: m ** 4 + 6 * m * m * q + 3 * q * q,
  derivativeMean: 2 * m,
  derivativeSecondMoment: 4 * (m * m + q),
  secondMomentSlope: 6 * (m * m + q),
});

const cube: Form = (m, q) => ({
  mean: m * (m * m + 3 * q),
  secondMoment: m ** 6 + 15 * m ** 4 * q + 45 * m * m * q * q + 15 * q ** 3,
  derivativeMean: 3 * (m * m + q),
  derivativeSecondMoment: 9 * (m ** 4 + 6 * m * m * q + 3 * q * q),
  secondMomentSlope: 15 * m ** 4 + 90 * m * m * q + 45 * q * q,
});

const exponential: Form = (m, q) => {
  const second = Math.exp(2 * m + 2 * q);
  const mean = Math.exp(m + q / 2);
  return {
    mean,
    secondMoment: second,
    derivativeMean: mean,
    derivativeSecondMoment: second,
    secondMomentSlope: 2 * second,
  };
};

const step: Form = (m, q) => {
  const sd = Math.sqrt(q);
  const on = normalCdf(m / sd);
  return {
    mean: on,
    secondMoment: on,
    derivativeMean: 0,
    derivativeSecondMoment: 0,
    secondMomentSlope: (-m * normalDensity(m / sd)) / (2 * q * sd),
  };
};

/** From E[exp(iwz)] = exp(iwm − w²q/2); `cosine` shifts the phase by a quarter turn. */
function wave(cosine: boolean): Form {
  return (m, q, { w0 }) => {
    const s = w0 * w0 * q;
    const damp = Math.exp(-s / 2);
    const [sin, cos] = [Math.sin(w0 * m), Math.cos(w0 * m)];
    // 2·cos 2wm·(e^{−2s} − 1)/4 keeps its digits for small s.
    const drift = (Math.expm1(-2 * s) * Math.cos(2 * w0 * m)) / 2;
    const sinSquare = sin * sin - drift;
    const cosSquare = cos * cos + drift;
    const rate = w0 * w0 * Math.exp(-2 * s) * Math.cos(2 * w0 * m);
    return {
      mean: damp * (cosine ? cos : sin),
      secondMoment: cosine ? cosSquare : sinSquare,
      derivativeMean: w0 * damp * (cosine ? -sin : cos),
      derivativeSecondMoment: w0 * w0 * (cosine ? sinSquare : cosSquare),
      secondMomentSlope: cosine ? -rate : rate,
    };
  };
}

/** Williams 1997 (the arcsine kernel at c = 1), at mean 0. */
const errorFunction: Form = (m, q) => {
  if (m !== 0) return null;
  const slopeSquare = 4 / (Math.PI * Math.sqrt(1 + 4 * q));
  return {
    mean: 0,
    secondMoment: (2 / Math.PI) * Math.atan((2 * q) / Math.sqrt(1 + 4 * q)),
    derivativeMean: 2 / Math.sqrt(Math.PI * (1 + 2 * q)),
    derivativeSecondMoment: slopeSquare,
    secondMomentSlope: 4 / (Math.PI * (1 + 2 * q) * Math.sqrt(1 + 4 * q)),
  };
};

/** By Stein's identity from E[Φ(z)²] = 1/4 + asin(q/(1 + q))/(2π), at mean 0 (kernels of GELU: Tsuchida 2021). */
const gelu: Form = (m, q) => {
  if (m !== 0) return null;
  const root = Math.sqrt(1 + 2 * q);
  const angle = Math.atan(q / root);
  const secondMoment = q / 4 + (q / (2 * Math.PI)) * (angle + (2 * q) / ((1 + q) * root));
  // E[φ'²] = E[Φ²] + 2E[zΦφ] + E[z²φ²], each by Stein's identity.
  const derivativeSecondMoment =
    1 / 4 + angle / (2 * Math.PI) + q / (Math.PI * (1 + q) * root) + q / (2 * Math.PI * root ** 3);
  const pull = (2 * q) / ((1 + q) * root);
  const pullSlope = (2 / ((1 + q) * root)) * (1 - q / (1 + q) - q / (1 + 2 * q));
  const angleSlope = 1 / ((1 + q) * root);
  return {
    mean: q / Math.sqrt(2 * Math.PI * (1 + q)),
    secondMoment,
    derivativeMean: 0.5,
    derivativeSecondMoment,
    secondMomentSlope: 1 / 4 + (angle + pull) / (2 * Math.PI) + (q / (2 * Math.PI)) * (angleSlope + pullSlope),
  };
};

/** E[exp(−kz²)] = exp(−k m²/(1 + 2kq))/√(1 + 2kq), at mean 0. */
const bell: Form = (m, q) =>
  m !== 0
    ? null
    : {
        mean: 1 / Math.sqrt(1 + 2 * q),
        secondMoment: 1 / Math.sqrt(1 + 4 * q),
        derivativeMean: 0,
        derivativeSecondMoment: (4 * q) / (1 + 4 * q) ** 1.5,
        secondMomentSlope: -2 / (1 + 4 * q) ** 1.5,
      };

const FORMS: Readonly<Record<string, Form>> = {
  identity,
  relu: leaky(0),
  leaky_relu: (m, q, p) => leaky(p.slope)(m, q, p),
  prelu: (m, q, p) => leaky(p.slope)(m, q, p),
  rrelu: (m, q, p) => leaky((p.lower + p.upper) / 2)(m, q, p),
  abs: leaky(-1),
  square,
  cube,
  exp: exponential,
  step,
  sin: wave(false),
  cos: wave(true),
  erf: errorFunction,
  gelu,
  gaussian: bell,
};

/** Names whose moments have a closed form (some at mean 0 only). */
export const EXACT_NAMES: readonly string[] = Object.keys(FORMS);

/** The closed form, or null. */
export function exactMoments(activation: Activation, mean: number, variance: number): ActivationMoments | null {
  const { reference } = activation;
  const form = reference.kind === "named" && variance > 0 ? FORMS[reference.name] : undefined;
  const core = form && reference.kind === "named" ? form(mean, variance, reference.parameters) : null;
  if (!core) return null;
  const curvature = core.secondMomentSlope - core.derivativeSecondMoment;
  return { ...core, curvature, error: 0, evaluations: 0 };
}
