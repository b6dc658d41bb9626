/**
 * `torch.nn.init` on PyTorch's own generator: the same calls in the same order give the same numbers.
 *
 * Uniform and normal values are PyTorch's to the bit (AVX2 build); truncated normal ones within 2 units in the last
 * place; orthogonal ones to what two QR factorizations in float32 differ by.
 */

import { erf } from "../../gaussian/index.ts";
import type { TorchGenerator } from "../../random/index.ts";
import { torchInverseErf } from "./inverse-erf.ts";
import { positiveQ } from "./qr.ts";

type Values = Float32Array | Float64Array;

/** As torch.nn.init writes it: in a tail it has lost what erfc would keep, and the draws have too. */
const cdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** `trunc_normal_(tensor, mean, std, a, b)`: uniform between the cut's probabilities, through erf⁻¹, clamped. */
export function truncatedNormal(
  generator: TorchGenerator,
  out: Values,
  {
    mean,
    std,
    low,
    high,
  }: { readonly mean: number; readonly std: number; readonly low: number; readonly high: number },
): void {
  const single = out instanceof Float32Array;
  const round = single ? Math.fround : (value: number) => value;
  const below = cdf((low - mean) / std);
  const above = cdf((high - mean) / std);
  generator.uniform(out, 2 * below - 1, 2 * above - 1);
  const [scale, shift] = [round(std * Math.SQRT2), round(mean)];
  for (let i = 0; i < out.length; i++) {
    const value = round(round(torchInverseErf(out[i]!, single) * scale) + shift);
    out[i] = Math.min(Math.max(value, low), high);
  }
}

/** `orthogonal_(tensor, gain)` for a tensor flattened to rows × columns: Q of a normal matrix, R's diagonal positive. */
export function orthogonal(
  generator: TorchGenerator,
  out: Values,
  { rows, columns, gain }: { readonly rows: number; readonly columns: number; readonly gain: number },
): void {
  generator.normal(out, 0, 1);
  const wide = rows < columns;
  const [length, count] = wide ? [columns, rows] : [rows, columns];
  const matrix = new Float64Array(out.length);
  for (let i = 0; i < length; i++)
    for (let j = 0; j < count; j++) matrix[i * count + j] = out[wide ? j * columns + i : i * columns + j]!;
  const q = positiveQ(matrix, length, count);
  for (let i = 0; i < length; i++)
    for (let j = 0; j < count; j++) out[wide ? j * columns + i : i * columns + j] = gain * q[i * count + j]!;
}

/** `sparse_(tensor, sparsity, std)`: normal, then ⌈sparsity·rows⌉ zeros at random places of each column. */
export function sparse(
  generator: TorchGenerator,
  out: Values,
  {
    rows,
    columns,
    sparsity,
    std,
  }: { readonly rows: number; readonly columns: number; readonly sparsity: number; readonly std: number },
): void {
  generator.normal(out, 0, std);
  const zeros = Math.ceil(sparsity * rows);
  for (let column = 0; column < columns; column++) {
    const order = generator.permutation(rows);
    for (let k = 0; k < zeros; k++) out[order[k]! * columns + column] = 0;
  }
}
