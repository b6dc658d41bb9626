// Words to uniform values, in place: float32(word | 1)·step + middle, as src/random/uniform.ts has it.

export function uniformSymmetric(at: usize, end: usize, step: f32): void {
  const one = i32x4.splat(1);
  const by = f32x4.splat(step);
  for (; at < end; at += 16) {
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(v128.or(v128.load(at), one)), by));
  }
}

export function uniformBetween(at: usize, end: usize, step: f32, middle: f32, lower: f32, upper: f32): void {
  const one = i32x4.splat(1);
  const by = f32x4.splat(step);
  const centre = f32x4.splat(middle);
  const least = f32x4.splat(lower);
  const most = f32x4.splat(upper);
  for (; at < end; at += 16) {
    const t = f32x4.convert_i32x4_s(v128.or(v128.load(at), one));
    const value = f32x4.add(f32x4.mul(t, by), centre);
    v128.store(at, f32x4.pmin(f32x4.pmax(value, least), most));
  }
}
