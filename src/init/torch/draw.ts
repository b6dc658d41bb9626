/** One initializer, drawn the way PyTorch would: from its generator, in its order. */

import type { TorchGenerator } from "../../random/index.ts";
import { draw } from "../draw.ts";
import { centreRows } from "../draw-structured.ts";
import { asMatrix, sizeOf } from "../shape.ts";
import type { Initializer } from "../types.ts";
import { orthogonal, sparse, truncatedNormal } from "./initializers.ts";

/**
 * Values of a whole float32 parameter from the generator's present state, which moves on. Deterministic kinds leave it
 * where it is, as `torch.nn.init.zeros_` does.
 *
 * @throws RangeError for initializers that PyTorch has no call for, and for kind "file".
 * @example drawTorch({ kind: "uniform", low: -0.1, high: 0.1 }, [256, 784], createTorchGenerator(0))
 */
export function drawTorch(initializer: Initializer, shape: readonly number[], generator: TorchGenerator): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  fill(out, initializer, shape, generator);
  return out;
}

function fill(out: Float32Array, initializer: Initializer, shape: readonly number[], generator: TorchGenerator): void {
  switch (initializer.kind) {
    case "uniform":
      generator.uniform(out, initializer.low, initializer.high);
      break;
    case "normal":
      generator.normal(out, initializer.mean, initializer.std);
      break;
    case "truncated-normal":
      truncatedNormal(generator, out, initializer);
      break;
    case "orthogonal": {
      const blocks = initializer.blocks ?? 1;
      const { rows, columns } = asMatrix(shape);
      const size = out.length / blocks;
      for (let block = 0; block < blocks; block++) {
        const part = out.subarray(block * size, (block + 1) * size);
        orthogonal(generator, part, { rows: rows / blocks, columns, gain: initializer.gain });
      }
      break;
    }
    case "sparse": {
      const { sparsity, std } = initializer;
      sparse(generator, out, { ...asMatrix(shape), sparsity, std });
      break;
    }
    case "blocks": {
      let start = 0;
      for (const part of initializer.parts) {
        const partShape = [part.size, ...shape.slice(1)];
        fill(out.subarray(start, start + sizeOf(partShape)), part.initializer, partShape, generator);
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
      throw new RangeError(
        `stream torch: PyTorch has no initializer ${initializer.kind}, leave --stream out or choose another scheme`,
      );
  }
  if ("rowCentred" in initializer && initializer.rowCentred) centreRows(out, asMatrix(shape).columns);
}
