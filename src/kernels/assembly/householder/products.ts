// W = Vᵀ·P: float32 over 32 rows at a time, their sums added in float64.

function addWidened(w: usize, x: v128): void {
  v128.store(w, f64x2.add(v128.load(w), f64x2.promote_low_f32x4(x)));
  v128.store(w, f64x2.add(v128.load(w, 16), f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0))), 16);
}

/**
 * Four vectors, rows `v … end`, with all columns of P: eight columns at a time, eight registers of sums. One row a turn:
 * engines that see more of them load more than they have registers for.
 */
function panel(w: usize, v: usize, end: usize, p: usize, width: i32): void {
  const stride = width << 2;
  const next = width << 3;
  for (let column = 0; column < width; column += 8) {
    let from = v;
    let at = p + (column << 2);
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
      const b = v128.load32_splat(from, 4);
      s2 = f32x4.add(s2, f32x4.mul(b, left));
      s3 = f32x4.add(s3, f32x4.mul(b, right));
      const c = v128.load32_splat(from, 8);
      s4 = f32x4.add(s4, f32x4.mul(c, left));
      s5 = f32x4.add(s5, f32x4.mul(c, right));
      const d = v128.load32_splat(from, 12);
      s6 = f32x4.add(s6, f32x4.mul(d, left));
      s7 = f32x4.add(s7, f32x4.mul(d, right));
      from += 128;
      at += stride;
    }
    const out = w + (column << 3);
    addWidened(out, s0);
    addWidened(out + 32, s1);
    addWidened(out + next, s2);
    addWidened(out + next + 32, s3);
    addWidened(out + 2 * next, s4);
    addWidened(out + 2 * next + 32, s5);
    addWidened(out + 3 * next, s6);
    addWidened(out + 3 * next + 32, s7);
  }
}

/** w [size, width] in float64 from v [rows, 32] and p [rows, width] in float32. */
export function products(w: usize, v: usize, p: usize, rows: i32, width: i32, size: i32): void {
  memory.fill(w, 0, (size * width) << 3);
  for (let row = 0; row < rows; row += 32) {
    const some = min(32, rows - row) << 7;
    for (let j = 0; j < size; j += 4) {
      const from = v + (row << 7) + (j << 2);
      panel(w + ((j * width) << 3), from, from + some, p + ((row * width) << 2), width);
    }
  }
}
