/** The index of a sharded model (`*.index.json` of Hugging Face): which tensor lies in which file. */

import { FormatError } from "../error.ts";
import { type JsonCursor, jsonFail, skipSpace, takeObject, takeString } from "../safetensors/json.ts";
import { shown } from "../shape.ts";

export interface ShardIndex {
  /** Files in the order of their names, each with its tensors. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A million tensors of a hundred bytes each. */
export const MAX_INDEX = 100_000_000;
const MAX_SHARDS = 100_000;
/** Metadata are not read, only passed over. */
const MAX_NESTING = 16;

/** A name in the index's own folder: no folders, no drives, no addresses, nothing hidden. */
const PLAIN_NAME = /^[^./\\:\p{Cc}][^/\\:\p{Cc}]{0,254}$/u;

function skipValue(cursor: JsonCursor, depth: number): void {
  if (depth > MAX_NESTING) jsonFail(cursor, `at most ${MAX_NESTING} levels`);
  const byte = cursor.bytes[cursor.at];
  if (byte === 0x22) takeString(cursor);
  else if (byte === 0x7b) takeObject(cursor, () => skipValue(cursor, depth + 1));
  else if (byte === 0x5b) skipArray(cursor, depth);
  else skipWord(cursor);
  skipSpace(cursor);
}

function skipArray(cursor: JsonCursor, depth: number): void {
  do {
    cursor.at += 1;
    skipSpace(cursor);
    if (cursor.bytes[cursor.at] === 0x5d) break;
    skipValue(cursor, depth + 1);
  } while (cursor.bytes[cursor.at] === 0x2c);
  if (cursor.bytes[cursor.at] !== 0x5d) jsonFail(cursor, '"]"');
  cursor.at += 1;
}

const WORDS = ["true", "false", "null"];

function skipWord(cursor: JsonCursor): void {
  const text = new TextDecoder("latin1").decode(cursor.bytes.subarray(cursor.at, cursor.at + 32));
  const word = WORDS.find((known) => text.startsWith(known)) ?? /^-?\d+(\.\d+)?([eE][+-]?\d+)?/.exec(text)?.[0];
  if (word === undefined) jsonFail(cursor, "a value");
  cursor.at += word.length;
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
  takeObject(cursor, (key) => {
    if (key !== "weight_map") return skipValue(cursor, 0);
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
  return { shards: new Map([...shards].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
