// Words to truncated normal values, in place, as src/random/truncated-fills.ts has it.

import { lanes, multiplyAdd, ones, signBit } from "./lanes.ts";
import { exponentBits, mantissaBits, minusLn2, q0, q1, q2, q3, q4, q5, series, twoThirds, unit } from "./log.ts";

const n0 = memory.data<f32>([0.0196834318, 0.0196834318, 0.0196834318, 0.0196834318], 16);
const n1 = memory.data<f32>([0.832283318, 0.832283318, 0.832283318, 0.832283318], 16);
const n2 = memory.data<f32>([4.78041363, 4.78041363, 4.78041363, 4.78041363], 16);
const n3 = memory.data<f32>([4.68321705, 4.68321705, 4.68321705, 4.68321705], 16);
const n4 = memory.data<f32>([0.429067284, 0.429067284, 0.429067284, 0.429067284], 16);
const d0 = memory.data<f32>([0.00632799976, 0.00632799976, 0.00632799976, 0.00632799976], 16);
const d1 = memory.data<f32>([0.363214135, 0.363214135, 0.363214135, 0.363214135], 16);
const d2 = memory.data<f32>([2.85733867, 2.85733867, 2.85733867, 2.85733867], 16);
const d3 = memory.data<f32>([4.34612083, 4.34612083, 4.34612083, 4.34612083], 16);
const t0 = memory.data<f32>([-2.4924314, -2.4924314, -2.4924314, -2.4924314], 16);
const t1 = memory.data<f32>([-0.00993674343, -0.00993674343, -0.00993674343, -0.00993674343], 16);
const t2 = memory.data<f32>([3.01206017, 3.01206017, 3.01206017, 3.01206017], 16);
const t3 = memory.data<f32>([0.731559455, 0.731559455, 0.731559455, 0.731559455], 16);
const u1 = memory.data<f32>([2.14776397, 2.14776397, 2.14776397, 2.14776397], 16);
const u2 = memory.data<f32>([0.516969442, 0.516969442, 0.516969442, 0.516969442], 16);
const tailBound = memory.data<f32>([0.0228, 0.0228, 0.0228, 0.0228], 16);
const halfStep = memory.data<f32>([0.5, 0.5, 0.5, 0.5], 16);

/** Words to p = 2Φ(z) − 1 between two cuts at two standard deviations or less. */
export function centralProbabilities(at: usize, end: usize, step: f32, middle: f32): void {
  const one = v128.load(ones);
  const by = lanes(step);
  const centre = lanes(middle);
  for (; at < end; at += 16) {
    v128.store(at, multiplyAdd(f32x4.convert_i32x4_s(v128.or(v128.load(at), one)), by, centre));
  }
}

/** N(t)/D(t) to `out`, t = (1 − p)(1 + p). */
export function centralRatios(at: usize, end: usize, out: usize): void {
  const whole = v128.load(unit);
  const a0 = v128.load(n0);
  const a1 = v128.load(n1);
  const a2 = v128.load(n2);
  const a3 = v128.load(n3);
  const a4 = v128.load(n4);
  const b0 = v128.load(d0);
  const b1 = v128.load(d1);
  const b2 = v128.load(d2);
  const b3 = v128.load(d3);
  for (; at < end; at += 16, out += 16) {
    const p = v128.load(at);
    const t = f32x4.mul(f32x4.sub(whole, p), f32x4.add(whole, p));
    const square = f32x4.mul(t, t);
    const top = multiplyAdd(multiplyAdd(a4, square, multiplyAdd(a3, t, a2)), square, multiplyAdd(a1, t, a0));
    const bottom = multiplyAdd(f32x4.add(square, multiplyAdd(b3, t, b2)), square, multiplyAdd(b1, t, b0));
    v128.store(out, f32x4.div(top, bottom));
  }
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
  const mantissa = v128.load(mantissaBits);
  const least = v128.load(twoThirds);
  const exponent = v128.load(exponentBits);
  const ln2 = v128.load(minusLn2);
  const whole = v128.load(unit);
  const c0 = v128.load(q0);
  const c1 = v128.load(q1);
  const c2 = v128.load(q2);
  const c3 = v128.load(q3);
  const c4 = v128.load(q4);
  const c5 = v128.load(q5);
  for (; at < end; at += 16, out += 16) {
    const bits = i32x4.sub(v128.andnot(v128.load(at), sign), least);
    const x = f32x4.sub(i32x4.add(v128.and(bits, mantissa), least), whole);
    const square = f32x4.mul(x, x);
    const rest = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(v128.and(bits, exponent)), ln2), x);
    v128.store(out, multiplyAdd(square, series(x, square, c0, c1, c2, c3, c4, c5), rest));
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

/** N(t)/D(t) to `out`, t = 2r(1 + p), p = 1 − 2r of the tail r. */
export function tailRatios(at: usize, end: usize, out: usize): void {
  const sign = v128.load(signBit);
  const whole = v128.load(unit);
  const a0 = v128.load(n0);
  const a1 = v128.load(n1);
  const a2 = v128.load(n2);
  const a3 = v128.load(n3);
  const a4 = v128.load(n4);
  const b0 = v128.load(d0);
  const b1 = v128.load(d1);
  const b2 = v128.load(d2);
  const b3 = v128.load(d3);
  for (; at < end; at += 16, out += 16) {
    const tail = v128.andnot(v128.load(at), sign);
    const both = f32x4.add(tail, tail);
    const t = f32x4.mul(both, f32x4.add(whole, f32x4.sub(whole, both)));
    const square = f32x4.mul(t, t);
    const top = multiplyAdd(multiplyAdd(a4, square, multiplyAdd(a3, t, a2)), square, multiplyAdd(a1, t, a0));
    const bottom = multiplyAdd(f32x4.add(square, multiplyAdd(b3, t, b2)), square, multiplyAdd(b1, t, b0));
    v128.store(out, f32x4.div(top, bottom));
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
