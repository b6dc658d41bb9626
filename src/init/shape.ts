/** Small arithmetic on shapes that every draw and law needs. */

/** Number of elements; 1 for a scalar's empty shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A tensor as a matrix: axis 0 by everything else; a vector is one column, a scalar 1 × 1. */
export function asMatrix(shape: readonly number[]): { readonly rows: number; readonly columns: number } {
  return { rows: shape[0] ?? 1, columns: sizeOf(shape.slice(1)) };
}

export function shapeWords(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** @throws RangeError when an extent is not a whole number or the tensor has more than 2⁵³ elements. */
export function checkShape(operation: string, shape: readonly number[]): void {
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) && Number.isSafeInteger(sizeOf(shape)))
    return;
  throw new RangeError(
    `${operation}: extents are whole numbers with a product up to 2^53, got ${shapeWords(shape)}; correct the shape`,
  );
}

/** @throws RangeError unless the shape has at least two axes, which structure needs. */
export function checkMatrix(operation: string, shape: readonly number[]): void {
  if (shape.length >= 2) return;
  throw new RangeError(
    `${operation}: needs a weight with at least two axes, got shape ${shapeWords(shape)}; use zeros or a random kind for vectors`,
  );
}
