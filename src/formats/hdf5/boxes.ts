/** A tensor in boxes that follow each other in row-major order. */

export interface Box {
  readonly offset: readonly number[];
  readonly count: readonly number[];
  readonly elements: number;
}

/**
 * Boxes of at most `most` elements that cover `shape` in row-major order: whole trailing axes, a stretch of one axis, one
 * place of each axis before it.
 *
 * @example [...boxes([3, 4], 8)].map(({ count }) => count) // [[2, 4], [1, 4]]
 */
export function* boxes(shape: readonly number[], most: number): Generator<Box> {
  if (shape.some((size) => size === 0)) return;
  let inner = 1;
  let axis = shape.length;
  while (axis > 0 && inner * shape[axis - 1]! <= most) inner *= shape[--axis]!;
  if (axis === 0) {
    yield { offset: shape.map(() => 0), count: shape, elements: inner };
    return;
  }
  const cut = axis - 1;
  const stretch = Math.max(1, Math.floor(most / inner));
  const offset = shape.map(() => 0);
  for (;;) {
    for (let at = 0; at < shape[cut]!; at += stretch) {
      const length = Math.min(stretch, shape[cut]! - at);
      offset[cut] = at;
      const count = shape.map((size, i) => (i < cut ? 1 : i === cut ? length : size));
      yield { offset: [...offset], count, elements: length * inner };
    }
    let next = cut - 1;
    while (next >= 0 && offset[next]! + 1 === shape[next]) offset[next--] = 0;
    if (next < 0) return;
    offset[next] = offset[next]! + 1;
  }
}
