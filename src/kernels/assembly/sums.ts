// Entry of the module `sums`: sums of x and x² over rows and columns of a block of float32 numbers, in float64, with its
// bounds and zeros (sums/reference.ts says the order of every sum).
//
// Memory is laid out by the caller, from `free()` on. Addresses are bytes; the block is row-major, columns of any number.

/** Where free memory begins; the caller grows the memory to what it needs. */
export function free(): usize {
  return (__heap_base + 63) & ~63;
}

function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
}

/**
 * Per row Σ(x − s) and Σ(x − s)² around the row's first number s, to `sums` and `squares`; to `bounds` the block's least and
 * greatest number (float32) and the number of its zeros (int32).
 */
export function sumRows(at: usize, rows: i32, columns: i32, sums: usize, squares: usize, bounds: usize): void {
  let least = f32x4.splat(Infinity);
  let most = f32x4.splat(-Infinity);
  let zeros = i32x4.splat(0);
  let lowest: f32 = Infinity;
  let highest: f32 = -Infinity;
  let empty: i32 = 0;
  const nothing = f32x4.splat(0);
  const fours: usize = (<usize>(columns & ~3)) << 2;
  for (let row = 0; row < rows; row++) {
    const shift = <f64>load<f32>(at);
    const shifts = f64x2.splat(shift);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let aa = f64x2.splat(0);
    let bb = f64x2.splat(0);
    let end = at + fours;
    for (; at < end; at += 16) {
      const x = v128.load(at);
      least = f32x4.pmin(least, x);
      most = f32x4.pmax(most, x);
      zeros = i32x4.sub(zeros, f32x4.eq(x, nothing));
      const u = f64x2.sub(f64x2.promote_low_f32x4(x), shifts);
      const v = f64x2.sub(high(x), shifts);
      a = f64x2.add(a, u);
      aa = f64x2.add(aa, f64x2.mul(u, u));
      b = f64x2.add(b, v);
      bb = f64x2.add(bb, f64x2.mul(v, v));
    }
    a = f64x2.add(a, b);
    aa = f64x2.add(aa, bb);
    let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
    let square = f64x2.extract_lane(aa, 0) + f64x2.extract_lane(aa, 1);
    end += (<usize>(columns & 3)) << 2;
    for (; at < end; at += 4) {
      const x = load<f32>(at);
      if (x < lowest) lowest = x;
      if (x > highest) highest = x;
      if (x === 0) empty++;
      const u = <f64>x - shift;
      sum += u;
      square += u * u;
    }
    store<f64>(sums, sum);
    store<f64>(squares, square);
    sums += 8;
    squares += 8;
  }
  least = f32x4.pmin(least, i64x2.shuffle(least, least, 1, 0));
  most = f32x4.pmax(most, i64x2.shuffle(most, most, 1, 0));
  lowest = min<f32>(lowest, min<f32>(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)));
  highest = max<f32>(highest, max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)));
  zeros = i32x4.add(zeros, i64x2.shuffle(zeros, zeros, 1, 0));
  empty += i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1);
  store<f32>(bounds, lowest);
  store<f32>(bounds, highest, 4);
  store<i32>(bounds, empty, 8);
}

/** Adds the rows, one after another, to the columns' Σx and Σx² at `sums` and `squares`: four rows at a time pass through. */
export function sumColumns(at: usize, rows: i32, columns: i32, sums: usize, squares: usize): void {
  const stride = (<usize>columns) << 2;
  const pairs = columns & ~1;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let p = at + <usize>row * stride;
    for (let j = 0; j < pairs; j += 2) {
      const a = f64x2.promote_low_f32x4(v128.load64_zero(p));
      const b = f64x2.promote_low_f32x4(v128.load64_zero(p + stride));
      const c = f64x2.promote_low_f32x4(v128.load64_zero(p + 2 * stride));
      const d = f64x2.promote_low_f32x4(v128.load64_zero(p + 3 * stride));
      const to = (<usize>j) << 3;
      let s = f64x2.add(v128.load(sums + to), a);
      let q = f64x2.add(v128.load(squares + to), f64x2.mul(a, a));
      s = f64x2.add(s, b);
      q = f64x2.add(q, f64x2.mul(b, b));
      s = f64x2.add(s, c);
      q = f64x2.add(q, f64x2.mul(c, c));
      v128.store(sums + to, f64x2.add(s, d));
      v128.store(squares + to, f64x2.add(q, f64x2.mul(d, d)));
      p += 8;
    }
    if (pairs < columns) {
      for (let k = 0; k < 4; k++)
        add(p + <usize>k * stride, sums + ((<usize>pairs) << 3), squares + ((<usize>pairs) << 3));
    }
  }
  for (; row < rows; row++) {
    const p = at + <usize>row * stride;
    for (let j = 0; j < columns; j++) {
      add(p + ((<usize>j) << 2), sums + ((<usize>j) << 3), squares + ((<usize>j) << 3));
    }
  }
}

function add(from: usize, sum: usize, square: usize): void {
  const x = <f64>load<f32>(from);
  store<f64>(sum, load<f64>(sum) + x);
  store<f64>(square, load<f64>(square) + x * x);
}
