// U = T·W for an upper triangular T, in float64, each sum from the diagonal to the right; U is rounded to float32.

/** u [size, width] in float32 from t [32, 32] and w [size, width] in float64. */
export function timesTriangle(u: usize, t: usize, w: usize, width: i32, size: i32): void {
  for (let j = 0; j < size; j++) {
    const row = t + (j << 8);
    for (let c = 0; c < width; c += 4) {
      let at = w + ((j * width + c) << 3);
      const factor = v128.load64_splat(row + (j << 3));
      let low = f64x2.mul(factor, v128.load(at));
      let high = f64x2.mul(factor, v128.load(at, 16));
      for (let m = j + 1; m < size; m++) {
        at += width << 3;
        const next = v128.load64_splat(row + (m << 3));
        low = f64x2.add(low, f64x2.mul(next, v128.load(at)));
        high = f64x2.add(high, f64x2.mul(next, v128.load(at, 16)));
      }
      const rounded = i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
      v128.store(u + ((j * width + c) << 2), rounded);
    }
  }
}
