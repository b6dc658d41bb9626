/** Features to mean 0 and variance 1, as the rows that are learned from have them. */

/** (x − mean) / standard deviation of each feature over these rows; features that do not vary become 0. */
export function standardiser(values: Float32Array, count: number): (values: Float32Array) => Float32Array {
  const width = values.length / count;
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  values.forEach((x, i) => {
    mean[i % width]! += x / count;
  });
  values.forEach((x, i) => {
    square[i % width]! += (x - mean[i % width]!) ** 2 / count;
  });
  return (others) =>
    Float32Array.from(others, (x, i) => {
      const deviation = Math.sqrt(square[i % width]!);
      return deviation === 0 ? 0 : (x - mean[i % width]!) / deviation;
    });
}

/** Mean and variance of all entries together. */
export function momentsOf(arrays: readonly ArrayLike<number>[]): { mean: number; variance: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (const values of arrays) {
    count += values.length;
    for (let i = 0; i < values.length; i++) sum += values[i]!;
  }
  const mean = sum / count;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  }
  return { mean, variance: squares / count };
}
