/** Means over the elements of an array and over draws. */

/** Over draws: mean, and the standard deviation between draws (n − 1; NaN for one draw). */
export interface Statistic {
  readonly mean: number;
  readonly std: number;
}

export interface Moments {
  readonly mean: number;
  readonly secondMoment: number;
}

/** Mean and mean square of all elements but those equal to `except`, summed in double precision. */
export function momentsOf(data: Float32Array, except = Number.NaN): Moments {
  const excluded = Math.fround(except);
  let [sum, squares, count] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value === excluded) continue;
    sum += value;
    squares += value * value;
    count++;
  }
  return { mean: sum / count, secondMoment: squares / count };
}

export function statisticOf(samples: readonly number[]): Statistic {
  const n = samples.length;
  const mean = samples.reduce((total, sample) => total + sample, 0) / n;
  const squares = samples.reduce((total, sample) => total + (sample - mean) ** 2, 0);
  return { mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN };
}
