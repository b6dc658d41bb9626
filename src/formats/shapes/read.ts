/**
 * A list of shapes → a model without weights.
 *
 *     { "fc1.weight": { "shape": [128, 64], "dtype": "bf16" }, "fc1.bias": [128] }
 *
 * Names in the order in which they are to be written. `dtype` may be left out (float32) and goes by any usual name; `data_offsets`
 * is passed over, so that the JSON of a safetensors header is such a list; `__metadata__` is too.
 */

import type { Dtype, Model } from "../../model/types.ts";
import { parseDtype } from "../dtype-names.ts";
import { FormatError } from "../error.ts";
import { type JsonCursor, jsonFail, skipJson, skipSpace, takeCounts, takeObject, takeString } from "../json.ts";
import { elementCount, MAX_AXES, shown } from "../shape.ts";
import { type Shaped, shapesOnly } from "../weights.ts";

/** As large as a safetensors header may be. */
export const MAX_SHAPES = 100_000_000;

function takeDtype(cursor: JsonCursor, tensor: string): Dtype {
  const at = cursor.at;
  const name = takeString(cursor);
  const dtype = parseDtype(name);
  if (dtype !== null) return dtype;
  throw new FormatError(`shapes: tensor ${shown(tensor)}: unknown dtype ${shown(name)}, give f32, f16 or bf16`, at);
}

function takeTensor(cursor: JsonCursor, name: string): Shaped {
  const at = cursor.at;
  let shape: readonly number[] | null = null;
  let dtype: Dtype = "f32";
  if (cursor.bytes[cursor.at] === 0x5b) shape = takeCounts(cursor, MAX_AXES);
  else
    takeObject(cursor, (key) => {
      if (key === "shape") shape = takeCounts(cursor, MAX_AXES);
      else if (key === "dtype") dtype = takeDtype(cursor, name);
      else if (key === "data_offsets") skipJson(cursor);
      else jsonFail(cursor, `shape or dtype, not ${shown(key)},`);
      skipSpace(cursor);
    });
  if (shape === null) throw new FormatError(`shapes: tensor ${shown(name)} has no shape, add one`, at);
  elementCount(shape, `shapes: tensor ${shown(name)}`, at);
  return { name, shape, dtype };
}

/**
 * @throws FormatError with the byte offset
 * @example readShapes(bytes).parameters.get("fc1.weight")?.shape // [128, 64]
 */
export function readShapes(bytes: Uint8Array, { name = "shapes" }: { readonly name?: string } = {}): Model {
  const cursor: JsonCursor = { bytes, base: 0, what: "shapes", at: 0 };
  const tensors: Shaped[] = [];
  takeObject(cursor, (tensor) => {
    if (tensor === "__metadata__") skipJson(cursor);
    else tensors.push(takeTensor(cursor, tensor));
  });
  if (cursor.at !== bytes.length) jsonFail(cursor, "the end");
  if (tensors.length === 0)
    throw new FormatError('shapes: no tensors, give an object such as {"fc1.weight": [128, 64]}', 0);
  return shapesOnly(tensors, { format: "shapes", name, what: "list of shapes" });
}
