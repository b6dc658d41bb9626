/** .safetensors → weights. */

import type { Model } from "../../model/types.ts";
import { DTYPE_BYTES, decodeNumbers } from "../dtype.ts";
import { type ByteSource, bytesSource } from "../source.ts";
import { tilesOf } from "../tiles.ts";
import { weightsOnly } from "../weights.ts";
import { readSafetensorsHeader } from "./header.ts";

/**
 * A .safetensors file as a model without a graph: parameters in the order of their data, roles from names and shapes.
 *
 * A header alone, without the data behind it, gives the same parameters without values.
 * Given a source, only the header is read here and a tensor's bytes when `model.read(name)` asks for them.
 *
 * @throws FormatError with the byte offset
 * @example readSafetensors(bytes).parameters.get("fc1.weight")?.shape // [128, 64]
 */
export function readSafetensors(
  file: Uint8Array | ByteSource,
  { name = "model" }: { readonly name?: string } = {},
): Model {
  const source = file instanceof Uint8Array ? bytesSource(file) : file;
  const { tensors, headerOnly } = readSafetensorsHeader(source);
  const stored = tensors.map(({ name: tensor, dtype, shape, offset, bytes }) => ({
    name: tensor,
    dtype,
    shape,
    values: headerOnly ? null : () => decodeNumbers(source.read(offset, bytes), dtype),
    tiles: () => tilesOf(source, { offset, count: bytes / DTYPE_BYTES[dtype], dtype }),
  }));
  return weightsOnly(stored, { format: "safetensors", name });
}
