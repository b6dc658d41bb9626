/** The index of a sharded model (`*.index.json` of Hugging Face): which tensor lies in which file. */

import { FormatError } from "../error.ts";
import {
  type Json,
  type JsonCursor,
  jsonFail,
  skipJson,
  skipSpace,
  takeJson,
  takeObject,
  takeString,
} from "../json.ts";
import { shown } from "../shape.ts";

export interface ShardIndex {
  /** Files in the order of their names, each with its tensors. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bytes of all tensors, where the metadata say it. */
  readonly totalSize: number | null;
}

/** A million tensors of a hundred bytes each. */
export const MAX_INDEX = 100_000_000;
const MAX_SHARDS = 100_000;

/** A name in the index's own folder: no folders, no drives, no addresses, nothing hidden. */
const PLAIN_NAME = /^[^./\\:\p{Cc}][^/\\:\p{Cc}]{0,254}$/u;

function totalSizeOf(metadata: Json): number | null {
  if (metadata === null || typeof metadata !== "object" || !("total_size" in metadata)) return null;
  const size = metadata.total_size;
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0 ? size : null;
}

/**
 * Parses an index. Tensors that come twice, and names of shards that are not plain names of files, are errors.
 *
 * @throws FormatError with the byte offset
 * @example parseShardIndex(bytes).shards.keys() // "model-00001-of-00003.safetensors", …
 */
export function parseShardIndex(bytes: Uint8Array): ShardIndex {
  const cursor: JsonCursor = { bytes, base: 0, what: "shard index", at: 0 };
  const shards = new Map<string, Set<string>>();
  let found = false;
  let totalSize: number | null = null;
  takeObject(cursor, (key) => {
    if (key === "metadata") {
      totalSize = totalSizeOf(takeJson(cursor));
      return skipSpace(cursor);
    }
    if (key !== "weight_map") return skipJson(cursor);
    found = true;
    takeObject(cursor, (tensor) => {
      const at = cursor.at;
      const shard = takeString(cursor);
      if (!PLAIN_NAME.test(shard)) {
        throw new FormatError(
          `shard index: tensor ${shown(tensor)} lies in ${shown(shard)}, a shard must be a file beside the index`,
          at,
        );
      }
      const tensors = shards.get(shard) ?? new Set<string>();
      tensors.add(tensor);
      shards.set(shard, tensors);
      if (shards.size > MAX_SHARDS) throw new FormatError(`shard index: at most ${MAX_SHARDS} shards`, at);
    });
  });
  if (cursor.at !== bytes.length) jsonFail(cursor, "the end");
  if (!found || shards.size === 0) {
    throw new FormatError(
      'shard index: needs a "weight_map" from tensors to files, give the index of a sharded model',
      0,
    );
  }
  return { shards: new Map([...shards].sort(([a], [b]) => (a < b ? -1 : 1))), totalSize };
}
