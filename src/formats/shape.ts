/** Shapes from files: how many elements, safely. */

import { FormatError } from "./error.ts";

/** More axes than any framework stores (NumPy and PyTorch stop at 64 and below). */
export const MAX_AXES = 64;

/**
 * Number of elements of a shape.
 *
 * @throws FormatError when an axis is not a whole number from 0, there are too many, or the product is beyond 2^53
 */
export function elementCount(shape: readonly number[], what: string, offset: number | null = null): number {
  if (shape.length > MAX_AXES) {
    throw new FormatError(`${what}: at most ${MAX_AXES} axes, got ${shape.length}, the file is damaged`, offset);
  }
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new FormatError(`${what}: an axis must be a whole number from 0, got ${size}, the file is damaged`, offset);
    }
    count *= size;
    if (!Number.isSafeInteger(count)) {
      throw new FormatError(
        `${what}: shape [${shape.slice(0, 8).join(", ")}] is too large, the file is damaged`,
        offset,
      );
    }
  }
  return count;
}

/** A name from a file as it may be shown: quoted, control characters escaped, cut to a readable length. */
export function shown(name: string): string {
  const quoted = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}…` : name);
  // JSON leaves these as they are; on a terminal they would break the line or turn it around.
  return quoted.replace(
    /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
