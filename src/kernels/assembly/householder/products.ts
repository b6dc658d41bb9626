// W = Vᵀ·P: float32 over 32 rows at a time, their sums added in float64.

function addWidened(w: usize, x: v128): void {
  v128.store(w, f64x2.add(v128.load(w), f64x2.promote_low_f32x4(x)));
  v128.store(w, f64x2.add(v128.load(w, 16), f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0))), 16);
}

/**
 * Four vectors with eight columns, rows `v … end`: eight registers of sums. One row a turn: engines that see more of them
 * load more than they have registers for.
 */
function tile(w: usize, v: usize, end: usize, p: usize, width: i32): void {
  const stride = width << 2;
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  while (v < end) {
    const left = v128.load(p);
    const right = v128.load(p, 16);
    const a = v128.load32_splat(v);
    s0 = f32x4.add(s0, f32x4.mul(a, left));
    s1 = f32x4.add(s1, f32x4.mul(a, right));
    const b = v128.load32_splat(v, 4);
    s2 = f32x4.add(s2, f32x4.mul(b, left));
    s3 = f32x4.add(s3, f32x4.mul(b, right));
    const c = v128.load32_splat(v, 8);
    s4 = f32x4.add(s4, f32x4.mul(c, left));
    s5 = f32x4.add(s5, f32x4.mul(c, right));
    const d = v128.load32_splat(v, 12);
    s6 = f32x4.add(s6, f32x4.mul(d, left));
    s7 = f32x4.add(s7, f32x4.mul(d, right));
    v += 128;
    p += stride;
  }
  const next = width << 3;
  addWidened(w, s0);
  addWidened(w + 32, s1);
  addWidened(w + next, s2);
  addWidened(w + next + 32, s3);
  addWidened(w + 2 * next, s4);
  addWidened(w + 2 * next + 32, s5);
  addWidened(w + 3 * next, s6);
  addWidened(w + 3 * next + 32, s7);
}

/** w [size, width] in float64 from v [rows, 32] and p [rows, width] in float32. */
export function products(w: usize, v: usize, p: usize, rows: i32, width: i32, size: i32): void {
  memory.fill(w, 0, (size * width) << 3);
  for (let row = 0; row < rows; row += 32) {
    const some = min(32, rows - row) << 7;
    for (let j = 0; j < size; j += 4) {
      const from = v + (row << 7) + (j << 2);
      for (let c = 0; c < width; c += 8)
        tile(w + ((j * width + c) << 3), from, from + some, p + ((row * width + c) << 2), width);
    }
  }
}
