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

/** z = T(r)/U(r), r = √(−ln P(Z > z)), 1.99 ≤ z ≤ 12.5: minimax fit, relative error 3e-7. */
const T0 = f(-2.4924314);
const T1 = f(-0.00993674343);
const T2 = f(3.01206017);
const T3 = f(0.731559455);
const U1 = f(2.14776397);
const U2 = f(0.516969442);
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

export function fillUsual(out: Float32Array, key: Key, start: number, way: Way<"usual">): void {
  const { mean, std, step, middle, lower, upper } = way;
  visitWords(key, start, out.length, 1, (words, from, to, at) => {
    const shift = at - from;
    for (let i = from; i < to; i++) {
      const p = f(f(f(words[i]! | 1) * step) + middle);
      const z = f(p * centralRatio(f(f(1 - p) * f(1 + p))));
      out[shift + i] = clamp(f(f(z * std) + mean), lower, upper);
    }
  });
}

export function fillTailed(out: Float32Array, key: Key, start: number, way: Way<"tailed">): void {
  const { mean, std, below, above, step, lower, upper } = way;
  visitWords(key, start, out.length, 1, (words, from, to, at) => {
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
  visitWords(key, 2 * start, 2 * out.length, 1, (words, from, to, at) => {
    for (let i = from; i < to; i += 2) {
      const u = ((words[i]! >>> 12) * 0x100000000 + (words[i + 1]! >>> 0) + 0.5) * TWO_TO_MINUS_52;
      const p = below + u * mass;
      const q = above + (1 - u) * mass;
      const z = p < q ? -tailQuantile(Math.min(p, 0.5)) : tailQuantile(Math.min(q, 0.5));
      out[(at + i - from) / 2] = clamp(f(mean + std * z), lower, upper);
    }
  });
}
