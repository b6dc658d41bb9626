/** Kinds whose elements depend on each other, drawn whole. */

import { fillBits, fillNormal, fillUniform } from "../kernels/index.ts";
import { deriveKey, type Key } from "../random/index.ts";
import { drawOrthogonal } from "./orthogonal.ts";
import { asMatrix, checkMatrix, shapeWords, sizeOf } from "./shape.ts";

/** Independent orthogonal blocks along axis 0; block b has the derived key b. */
export function drawOrthogonalBlocks(key: Key, shape: readonly number[], gain: number, blocks: number): Float32Array {
  checkMatrix("orthogonal", shape);
  const { rows, columns } = asMatrix(shape);
  if (rows % blocks !== 0)
    throw new RangeError(`orthogonal: ${blocks} blocks must divide ${rows} rows, got shape ${shapeWords(shape)}`);
  const out = new Float32Array(rows * columns);
  const size = (rows / blocks) * columns;
  for (let block = 0; block < blocks; block++)
    out.set(drawOrthogonal(deriveKey(key, block), rows / blocks, columns, gain), block * size);
  return out;
}

/** An out × in orthogonal matrix at the tap (k − 1) >> 1 of each axis. */
export function drawDeltaOrthogonal(key: Key, shape: readonly number[], gain: number): Float32Array {
  const [rows = 0, columns = 0, ...kernel] = shape;
  if (kernel.length === 0 || rows < columns)
    throw new RangeError(
      `delta-orthogonal: needs a convolution kernel with out >= in, got shape ${shapeWords(shape)}; use orthogonal`,
    );
  const taps = sizeOf(kernel);
  const centre = kernel.reduce((index, extent) => index * extent + ((extent - 1) >> 1), 0);
  const matrix = drawOrthogonal(deriveKey(key, 0), rows, columns, gain);
  const out = new Float32Array(rows * columns * taps);
  for (let i = 0; i < matrix.length; i++) out[i * taps + centre] = matrix[i]!;
  return out;
}

/**
 * N(0, std²) with ceil(sparsity·rows) zeros in every column, their rows chosen by a partial Fisher–Yates shuffle with the
 * words of derived key 0. An index below n is floor(word·n/2³²): its bias is below n/2³².
 */
export function drawSparse(key: Key, shape: readonly number[], sparsity: number, std: number): Float32Array {
  checkMatrix("sparse", shape);
  const { rows, columns } = asMatrix(shape);
  const out = new Float32Array(rows * columns);
  fillNormal(out, key, 0, 0, std);
  const zeros = Math.ceil(sparsity * rows);
  const words = new Uint32Array(zeros);
  const choice = deriveKey(key, 0);
  const order = new Uint32Array(rows);
  for (let column = 0; column < columns; column++) {
    fillBits(words, choice, column * zeros);
    for (let row = 0; row < rows; row++) order[row] = row;
    for (let i = 0; i < zeros; i++) {
      const j = i + Math.floor((words[i]! * (rows - i)) / 0x100000000);
      const chosen = order[j]!;
      order[j] = order[i]!;
      order[i] = chosen;
      out[chosen * columns + column] = 0;
    }
  }
  return out;
}

/** Rows of U(−1, 1) scaled to length β. */
export function drawNguyenWidrow(key: Key, shape: readonly number[], beta: number): Float32Array {
  const { rows, columns } = asMatrix(shape);
  const out = new Float32Array(rows * columns);
  fillUniform(out, key, 0, -1, 1);
  for (let row = 0; row < rows; row++) {
    const base = row * columns;
    let square = 0;
    for (let i = base; i < base + columns; i++) square += out[i]! * out[i]!;
    const factor = square > 0 ? beta / Math.sqrt(square) : 0;
    for (let i = base; i < base + columns; i++) out[i] = out[i]! * factor;
  }
  return out;
}

/** Subtracts each row's mean (summed in order, in float64) from whole rows. */
export function centreRows(values: Float32Array, columns: number): void {
  for (let base = 0; base < values.length; base += columns) {
    let sum = 0;
    for (let i = base; i < base + columns; i++) sum += values[i]!;
    const mean = sum / columns;
    for (let i = base; i < base + columns; i++) values[i] = values[i]! - mean;
  }
}
