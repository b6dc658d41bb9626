/** The orthonormal factor of a given matrix, for values that somebody else drew. */

/**
 * Q of A = QR with R's diagonal positive, which makes it unique: A is [length, count] row-major, length ≥ count. Gram &
 * Schmidt column by column, each twice (Giraud 2005: twice is enough), in float64.
 *
 * A column that depends on those before it has no direction of its own: the result is then NaN there.
 */
export function positiveQ(matrix: Float64Array, length: number, count: number): Float64Array {
  const q = Float64Array.from(
    { length: length * count },
    (_, k) => matrix[(k % length) * count + Math.floor(k / length)]!,
  );
  const column = (j: number) => q.subarray(j * length, (j + 1) * length);
  for (let j = 0; j < count; j++) {
    const own = column(j);
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const other = column(k);
        let dot = 0;
        for (let i = 0; i < length; i++) dot += own[i]! * other[i]!;
        for (let i = 0; i < length; i++) own[i] = own[i]! - dot * other[i]!;
      }
    }
    let square = 0;
    for (let i = 0; i < length; i++) square += own[i]! ** 2;
    const norm = Math.sqrt(square);
    for (let i = 0; i < length; i++) own[i] = own[i]! / norm;
  }
  const out = new Float64Array(length * count);
  for (let i = 0; i < length; i++) for (let j = 0; j < count; j++) out[i * count + j] = q[j * length + i]!;
  return out;
}
