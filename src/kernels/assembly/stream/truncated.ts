// Words to truncated normal values, in place, as src/random/truncated-fills.ts has it.

import { lanes, multiplyAdd, signBit } from "./lanes.ts";
import { c0, c1, exponentBits, exponentOf, minusLn2, minusLog, rootHalf, unit } from "./log.ts";

const n0 = memory.data<f32>([0.0196834318, 0.0196834318, 0.0196834318, 0.0196834318], 16);
const n1 = memory.data<f32>([0.832283318, 0.832283318, 0.832283318, 0.832283318], 16);
const n2 = memory.data<f32>([4.78041363, 4.78041363, 4.78041363, 4.78041363], 16);
const n3 = memory.data<f32>([4.68321705, 4.68321705, 4.68321705, 4.68321705], 16);
const n4 = memory.data<f32>([0.429067284, 0.429067284, 0.429067284, 0.429067284], 16);
const d0 = memory.data<f32>([0.00632799976, 0.00632799976, 0.00632799976, 0.00632799976], 16);
const d1 = memory.data<f32>([0.363214135, 0.363214135, 0.363214135, 0.363214135], 16);
const d2 = memory.data<f32>([2.85733867, 2.85733867, 2.85733867, 2.85733867], 16);
const d3 = memory.data<f32>([4.34612083, 4.34612083, 4.34612083, 4.34612083], 16);
const m0 = memory.data<f32>([524308.06, 524308.06, 524308.06, 524308.06], 16);
const m1 = memory.data<f32>([101219.375, 101219.375, 101219.375, 101219.375], 16);
const m2 = memory.data<f32>([9082.865, 9082.865, 9082.865, 9082.865], 16);
const m3 = memory.data<f32>([508.50378, 508.50378, 508.50378, 508.50378], 16);
const m4 = memory.data<f32>([16.886364, 16.886364, 16.886364, 16.886364], 16);
const b0 = memory.data<f32>([418337.25, 418337.25, 418337.25, 418337.25], 16);
const b1 = memory.data<f32>([35534.3, 35534.3, 35534.3, 35534.3], 16);
const b2 = memory.data<f32>([2473.9058, 2473.9058, 2473.9058, 2473.9058], 16);
const b3 = memory.data<f32>([138.09926, 138.09926, 138.09926, 138.09926], 16);
const t0 = memory.data<f32>([-2.4924314, -2.4924314, -2.4924314, -2.4924314], 16);
const t1 = memory.data<f32>([-0.0063855755, -0.0063855755, -0.0063855755, -0.0063855755], 16);
const t2 = memory.data<f32>([1.2438716, 1.2438716, 1.2438716, 1.2438716], 16);
const t3 = memory.data<f32>([0.1941411, 0.1941411, 0.1941411, 0.1941411], 16);
const u1 = memory.data<f32>([1.3802016, 1.3802016, 1.3802016, 1.3802016], 16);
const u2 = memory.data<f32>([0.21348962, 0.21348962, 0.21348962, 0.21348962], 16);
const tailBound = memory.data<f32>([0.0228, 0.0228, 0.0228, 0.0228], 16);
const halfStep = memory.data<f32>([0.5, 0.5, 0.5, 0.5], 16);

/** (c₄x⁴ + … + c₀)/(x⁴ + … + e₀) */
function quartics(
  x: v128,
  h0: v128,
  h1: v128,
  h2: v128,
  h3: v128,
  h4: v128,
  e0: v128,
  e1: v128,
  e2: v128,
  e3: v128,
): v128 {
  const square = f32x4.mul(x, x);
  const top = multiplyAdd(multiplyAdd(h4, square, multiplyAdd(h3, x, h2)), square, multiplyAdd(h1, x, h0));
  const bottom = multiplyAdd(f32x4.add(square, multiplyAdd(e3, x, e2)), square, multiplyAdd(e1, x, e0));
  return f32x4.div(top, bottom);
}

/** z/p of p = 2Φ(z) − 1 to `out`, for cuts at two standard deviations or less. */
export function centralRatios(at: usize, end: usize, out: usize): void {
  const whole = v128.load(unit);
  const h0 = v128.load(n0);
  const h1 = v128.load(n1);
  const h2 = v128.load(n2);
  const h3 = v128.load(n3);
  const h4 = v128.load(n4);
  const e0 = v128.load(d0);
  const e1 = v128.load(d1);
  const e2 = v128.load(d2);
  const e3 = v128.load(d3);
  for (; at < end; at += 16, out += 16) {
    const p = v128.load(at);
    const t = f32x4.mul(f32x4.sub(whole, p), f32x4.add(whole, p));
    v128.store(out, quartics(t, h0, h1, h2, h3, h4, e0, e1, e2, e3));
  }
}

/** −ln(1 − p²) to `out`. */
export function broadLogs(at: usize, end: usize, out: usize): void {
  const whole = v128.load(unit);
  const origin = v128.load(rootHalf);
  const mask = v128.load(exponentBits);
  const ln2 = v128.load(minusLn2);
  const high = v128.load(c0);
  const low = v128.load(c1);
  for (; at < end; at += 16, out += 16) {
    const p = v128.load(at);
    const t = f32x4.mul(f32x4.sub(whole, p), f32x4.add(whole, p));
    v128.store(out, minusLog(t, exponentOf(t, origin, mask), whole, ln2, high, low));
  }
}

/** Those logarithms to z/p, in place, for cuts at three standard deviations or less. */
export function broadRatios(at: usize, end: usize): void {
  const h0 = v128.load(m0);
  const h1 = v128.load(m1);
  const h2 = v128.load(m2);
  const h3 = v128.load(m3);
  const h4 = v128.load(m4);
  const e0 = v128.load(b0);
  const e1 = v128.load(b1);
  const e2 = v128.load(b2);
  const e3 = v128.load(b3);
  for (; at < end; at += 16) v128.store(at, quartics(v128.load(at), h0, h1, h2, h3, h4, e0, e1, e2, e3));
}

/** p and ratios to values: z = p·ratio, z·std + mean within bounds. */
export function placeCentral(at: usize, end: usize, ratios: usize, mean: f32, std: f32, lower: f32, upper: f32): void {
  const centre = lanes(mean);
  const by = lanes(std);
  const least = lanes(lower);
  const most = lanes(upper);
  for (; at < end; at += 16, ratios += 16) {
    const z = f32x4.mul(v128.load(at), v128.load(ratios));
    v128.store(at, f32x4.pmin(f32x4.pmax(multiplyAdd(z, by, centre), least), most));
  }
}

/** Words to the probability of the nearer tail, with z's sign. */
export function tails(at: usize, end: usize, step: f32, below: f32, above: f32): void {
  const by = lanes(step);
  const left = lanes(below);
  const right = lanes(above);
  const half = v128.load(halfStep);
  const sign = v128.load(signBit);
  for (; at < end; at += 16) {
    const word = v128.load(at);
    const p = multiplyAdd(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(word, 1)), half), by, left);
    const q = multiplyAdd(f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(v128.not(word), 1)), half), by, right);
    v128.store(at, v128.or(f32x4.pmin(p, q), v128.and(f32x4.lt(p, q), sign)));
  }
}

/** −ln of tails to `out`. */
export function tailLogs(at: usize, end: usize, out: usize): void {
  const sign = v128.load(signBit);
  const whole = v128.load(unit);
  const origin = v128.load(rootHalf);
  const mask = v128.load(exponentBits);
  const ln2 = v128.load(minusLn2);
  const high = v128.load(c0);
  const low = v128.load(c1);
  for (; at < end; at += 16, out += 16) {
    const tail = v128.andnot(v128.load(at), sign);
    v128.store(out, minusLog(tail, exponentOf(tail, origin, mask), whole, ln2, high, low));
  }
}

/** −ln of tails to |z| ≥ 1.98, in place. */
export function outerQuantiles(at: usize, end: usize): void {
  const whole = v128.load(unit);
  const o0 = v128.load(t0);
  const o1 = v128.load(t1);
  const o2 = v128.load(t2);
  const o3 = v128.load(t3);
  const w1 = v128.load(u1);
  const w2 = v128.load(u2);
  for (; at < end; at += 16) {
    const r = f32x4.sqrt(v128.load(at));
    const square = f32x4.mul(r, r);
    const top = multiplyAdd(multiplyAdd(o3, r, o2), square, multiplyAdd(o1, r, o0));
    const bottom = multiplyAdd(w2, square, multiplyAdd(w1, r, whole));
    v128.store(at, f32x4.div(top, bottom));
  }
}

/** z/p to `out`, p = 1 − 2r of the tail r. */
export function tailRatios(at: usize, end: usize, out: usize): void {
  const sign = v128.load(signBit);
  const whole = v128.load(unit);
  const h0 = v128.load(n0);
  const h1 = v128.load(n1);
  const h2 = v128.load(n2);
  const h3 = v128.load(n3);
  const h4 = v128.load(n4);
  const e0 = v128.load(d0);
  const e1 = v128.load(d1);
  const e2 = v128.load(d2);
  const e3 = v128.load(d3);
  for (; at < end; at += 16, out += 16) {
    const tail = v128.andnot(v128.load(at), sign);
    const both = f32x4.add(tail, tail);
    const t = f32x4.mul(both, f32x4.add(whole, f32x4.sub(whole, both)));
    v128.store(out, quartics(t, h0, h1, h2, h3, h4, e0, e1, e2, e3));
  }
}

/** Signed tails, ratios and outer |z| to values. */
export function placeTailed(
  at: usize,
  end: usize,
  ratios: usize,
  outer: usize,
  mean: f32,
  std: f32,
  lower: f32,
  upper: f32,
): void {
  const sign = v128.load(signBit);
  const whole = v128.load(unit);
  const bound = v128.load(tailBound);
  const centre = lanes(mean);
  const by = lanes(std);
  const least = lanes(lower);
  const most = lanes(upper);
  for (; at < end; at += 16, ratios += 16, outer += 16) {
    const signed = v128.load(at);
    const tail = v128.andnot(signed, sign);
    const inner = f32x4.mul(f32x4.sub(whole, f32x4.add(tail, tail)), v128.load(ratios));
    const size = v128.bitselect(v128.load(outer), inner, f32x4.lt(tail, bound));
    const z = v128.xor(size, v128.and(signed, sign));
    v128.store(at, f32x4.pmin(f32x4.pmax(multiplyAdd(z, by, centre), least), most));
  }
}
