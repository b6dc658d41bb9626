/** One initializer, drawn from a framework's own random numbers. */

import { draw } from "../draw.ts";
import { centreRows } from "../draw-structured.ts";
import { asMatrix, sizeOf } from "../shape.ts";
import type { Initializer } from "../types.ts";
import { positiveQ } from "./qr.ts";
import type { FrameworkDraws } from "./types.ts";

/**
 * Values of a whole float32 parameter. Deterministic kinds take no numbers.
 *
 * - orthogonal: Q of a normal matrix (rows × the rest, transposed where it is wide), R's diagonal positive.
 * - sparse: normal, then ⌈sparsity·rows⌉ zeros at random places of each column (torch.nn.init.sparse_).
 *
 * @throws RangeError for initializers that the framework has no call for, and for kind "file".
 * @example drawFramework({ kind: "uniform", low: -0.1, high: 0.1 }, [256, 784], torchDraws(0))
 */
export function drawFramework(initializer: Initializer, shape: readonly number[], draws: FrameworkDraws): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  fill(out, initializer, shape, draws);
  return out;
}

function fill(out: Float32Array, initializer: Initializer, shape: readonly number[], draws: FrameworkDraws): void {
  switch (initializer.kind) {
    case "uniform":
      draws.uniform(out, initializer.low, initializer.high);
      break;
    case "normal":
      draws.normal(out, initializer.mean, initializer.std);
      break;
    case "truncated-normal":
      if (draws.truncatedNormal === null) throw unknown(initializer, draws);
      draws.truncatedNormal(out, initializer);
      break;
    case "orthogonal": {
      const { rows, columns } = asMatrix(shape);
      const blocks = initializer.blocks ?? 1;
      const size = out.length / blocks;
      for (let block = 0; block < blocks; block++)
        orthogonal(out.subarray(block * size, (block + 1) * size), rows / blocks, columns, initializer.gain, draws);
      break;
    }
    case "sparse": {
      if (draws.permutation === null) throw unknown(initializer, draws);
      const { rows, columns } = asMatrix(shape);
      draws.normal(out, 0, initializer.std);
      const zeros = Math.ceil(initializer.sparsity * rows);
      for (let column = 0; column < columns; column++) {
        const order = draws.permutation(rows);
        for (let k = 0; k < zeros; k++) out[order[k]! * columns + column] = 0;
      }
      break;
    }
    case "blocks": {
      let start = 0;
      for (const part of initializer.parts) {
        const partShape = [part.size, ...shape.slice(1)];
        fill(out.subarray(start, start + sizeOf(partShape)), part.initializer, partShape, draws);
        start += sizeOf(partShape);
      }
      break;
    }
    case "zeros":
    case "ones":
    case "constant":
    case "identity":
    case "dirac":
    case "bilinear":
    case "sinusoidal":
      out.set(draw(initializer, { seed: 0, name: "", shape }));
      break;
    case "delta-orthogonal":
    case "nguyen-widrow":
    case "file":
      throw unknown(initializer, draws);
  }
  if ("rowCentred" in initializer && initializer.rowCentred) centreRows(out, asMatrix(shape).columns);
}

function unknown({ kind }: Initializer, { name }: FrameworkDraws): RangeError {
  return new RangeError(
    `stream ${name}: ${name} has no initializer ${kind}, leave --stream out or choose another scheme`,
  );
}

function orthogonal(out: Float32Array, rows: number, columns: number, gain: number, draws: FrameworkDraws): void {
  draws.normal(out, 0, 1);
  const wide = rows < columns;
  const [length, count] = wide ? [columns, rows] : [rows, columns];
  const at = (i: number, j: number) => (wide ? j * columns + i : i * columns + j);
  const matrix = new Float64Array(out.length);
  for (let i = 0; i < length; i++) for (let j = 0; j < count; j++) matrix[i * count + j] = out[at(i, j)]!;
  const q = positiveQ(matrix, length, count);
  for (let i = 0; i < length; i++) for (let j = 0; j < count; j++) out[at(i, j)] = gain * q[i * count + j]!;
}
