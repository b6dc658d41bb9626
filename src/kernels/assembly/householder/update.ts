// Q ← Q − V·U: each product's sum in float32 over the block's vectors, taken from Q in float64; P is Q rounded.

function subtract(q: usize, p: usize, x: v128): void {
  const low = f64x2.sub(v128.load(q), f64x2.promote_low_f32x4(x));
  const high = f64x2.sub(v128.load(q, 16), f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0)));
  v128.store(q, low);
  v128.store(q, high, 16);
  v128.store(p, i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2));
}

/** Four rows with all columns, eight at a time; `v … end` is the first row's part of V. */
function panel(q: usize, p: usize, v: usize, end: usize, u: usize, width: i32): void {
  const stride = width << 2;
  for (let column = 0; column < width; column += 8) {
    let from = v;
    let at = u + (column << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    let s4 = f32x4.splat(0);
    let s5 = f32x4.splat(0);
    let s6 = f32x4.splat(0);
    let s7 = f32x4.splat(0);
    while (from < end) {
      const left = v128.load(at);
      const right = v128.load(at, 16);
      const a = v128.load32_splat(from);
      s0 = f32x4.add(s0, f32x4.mul(a, left));
      s1 = f32x4.add(s1, f32x4.mul(a, right));
      const b = v128.load32_splat(from, 128);
      s2 = f32x4.add(s2, f32x4.mul(b, left));
      s3 = f32x4.add(s3, f32x4.mul(b, right));
      const c = v128.load32_splat(from, 256);
      s4 = f32x4.add(s4, f32x4.mul(c, left));
      s5 = f32x4.add(s5, f32x4.mul(c, right));
      const d = v128.load32_splat(from, 384);
      s6 = f32x4.add(s6, f32x4.mul(d, left));
      s7 = f32x4.add(s7, f32x4.mul(d, right));
      from += 4;
      at += stride;
    }
    let wide = q + (column << 3);
    let narrow = p + (column << 2);
    subtract(wide, narrow, s0);
    subtract(wide + 32, narrow + 16, s1);
    wide += stride << 1;
    narrow += stride;
    subtract(wide, narrow, s2);
    subtract(wide + 32, narrow + 16, s3);
    wide += stride << 1;
    narrow += stride;
    subtract(wide, narrow, s4);
    subtract(wide + 32, narrow + 16, s5);
    wide += stride << 1;
    narrow += stride;
    subtract(wide, narrow, s6);
    subtract(wide + 32, narrow + 16, s7);
  }
}

/** q [rows, width] in float64, p the same in float32, v [rows, 32] and u [size, width] in float32. */
export function subtractProduct(q: usize, p: usize, v: usize, u: usize, rows: i32, width: i32, size: i32): void {
  for (let row = 0; row < rows; row += 4) {
    const from = v + (row << 7);
    panel(q + ((row * width) << 3), p + ((row * width) << 2), from, from + (size << 2), u, width);
  }
}
