/** The ways of `truncated-normal.ts` from words to values. */

import { clamp } from "./float32.ts";
import type { Key } from "./key.ts";
import { minusLog } from "./log32.ts";
import { tailQuantile } from "./quantile.ts";
import type { TruncatedWay } from "./truncated-normal.ts";
import { visitWords } from "./words.ts";

const f = Math.fround;
const TWO_TO_MINUS_52 = 1 / 0x10000000000000;

/** z = p·N(t)/D(t), t = 1 − p², p = 2Φ(z) − 1, |z| ≤ 2.001: minimax fit 6.8e-8, in float32 arithmetic 4.5e-7. */
const N0 = f(0.0196834318);
const N1 = f(0.832283318);
const N2 = f(4.78041363);
const N3 = f(4.68321705);
const N4 = f(0.429067284);
const D0 = f(0.00632799976);
const D1 = f(0.363214135);
const D2 = f(2.85733867);
const D3 = f(4.34612083);

function centralRatio(t: number): number {
  const square = f(t * t);
  const top = f(f(f(f(N4 * square) + f(f(N3 * t) + N2)) * square) + f(f(N1 * t) + N0));
  const bottom = f(f(f(square + f(f(D3 * t) + D2)) * square) + f(f(D1 * t) + D0));
  return f(top / bottom);
}

/** z = p·M(w)/B(w), w = −ln(1 − p²) in the logarithm's unit, |z| ≤ 3.001: minimax fit 1.8e-7, in float32 arithmetic 9e-7. */
const M0 = f(524308.06);
const M1 = f(101219.375);
const M2 = f(9082.865);
const M3 = f(508.50378);
const M4 = f(16.886364);
const B0 = f(418337.25);
const B1 = f(35534.3);
const B2 = f(2473.9058);
const B3 = f(138.09926);

function broadRatio(t: number): number {
  const w = minusLog(t);
  const square = f(w * w);
  const top = f(f(f(f(M4 * square) + f(f(M3 * w) + M2)) * square) + f(f(M1 * w) + M0));
  const bottom = f(f(f(square + f(f(B3 * w) + B2)) * square) + f(f(B1 * w) + B0));
  return f(top / bottom);
}

/** z = T(r)/U(r), r² = −ln P(Z > z) in the logarithm's unit, 1.99 ≤ z ≤ 12.5: minimax fit, relative error 3e-7. */
const T0 = f(-2.4924314);
const T1 = f(-0.0063855755);
const T2 = f(1.2438716);
const T3 = f(0.1941411);
const U1 = f(1.3802016);
const U2 = f(0.21348962);
/** P(Z > 2) = 0.02275: tails smaller than this take the second function. */
const TAIL = f(0.0228);

function outerQuantile(tail: number): number {
  const r = f(Math.sqrt(minusLog(tail)));
  const square = f(r * r);
  const top = f(f(f(f(T3 * r) + T2) * square) + f(f(T1 * r) + T0));
  const bottom = f(f(U2 * square) + f(f(U1 * r) + 1));
  return f(top / bottom);
}

/** z > 0 with P(Z > z) = tail ≤ ½. */
function tailQuantile32(tail: number): number {
  if (tail < TAIL) return outerQuantile(tail);
  const p = f(1 - 2 * tail);
  return f(p * centralRatio(f(2 * tail * f(1 + p))));
}

type Way<Kind> = TruncatedWay & { readonly kind: Kind };

export function fillCentral(out: Float32Array, key: Key, start: number, way: Way<"usual" | "broad">): void {
  const { mean, std, step, middle, lower, upper } = way;
  const ratio = way.kind === "usual" ? centralRatio : broadRatio;
  visitWords(key, start, out.length, (words, from, to, at) => {
    const shift = at - from;
    for (let i = from; i < to; i++) {
      const p = f(f(f(words[i]! | 1) * step) + middle);
      const z = f(p * ratio(f(f(1 - p) * f(1 + p))));
      out[shift + i] = clamp(f(f(z * std) + mean), lower, upper);
    }
  });
}

export function fillTailed(out: Float32Array, key: Key, start: number, way: Way<"tailed">): void {
  const { mean, std, below, above, step, lower, upper } = way;
  visitWords(key, start, out.length, (words, from, to, at) => {
    const shift = at - from;
    for (let i = from; i < to; i++) {
      const word = words[i]!;
      const p = f(f(f(f(word >>> 1) + 0.5) * step) + below);
      const q = f(f(f(f(~word >>> 1) + 0.5) * step) + above);
      const size = tailQuantile32(Math.min(p, q));
      const z = p < q ? -size : size;
      out[shift + i] = clamp(f(f(z * std) + mean), lower, upper);
    }
  });
}

export function fillFar(out: Float32Array, key: Key, start: number, way: Way<"far">): void {
  const { mean, std, below, above, mass, lower, upper } = way;
  visitWords(key, 2 * start, 2 * out.length, (words, from, to, at) => {
    for (let i = from; i < to; i += 2) {
      const u = ((words[i]! >>> 12) * 0x100000000 + (words[i + 1]! >>> 0) + 0.5) * TWO_TO_MINUS_52;
      const p = below + u * mass;
      const q = above + (1 - u) * mass;
      const z = p < q ? -tailQuantile(Math.min(p, 0.5)) : tailQuantile(Math.min(q, 0.5));
      out[(at + i - from) / 2] = clamp(f(mean + std * z), lower, upper);
    }
  });
}
