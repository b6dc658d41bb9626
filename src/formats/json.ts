/** JSON read strictly and with byte offsets: headers, indexes, lists of shapes, configurations. Duplicate keys are an error here. */

import { FormatError } from "./error.ts";
import { shown } from "./shape.ts";

/** A cursor over UTF-8 JSON; `base` is where the text lies in the file, for messages. */
export interface JsonCursor {
  readonly bytes: Uint8Array;
  readonly base: number;
  /** What the text is, for messages. Default "safetensors header". */
  readonly what?: string;
  at: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Longest string accepted: tensor names and metadata values of real files stay far below. */
const MAX_STRING = 16 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function jsonFail(cursor: JsonCursor, expected: string): never {
  const byte = cursor.bytes[cursor.at];
  const found =
    byte === undefined ? "the end" : byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
  throw new FormatError(
    `${cursor.what ?? "safetensors header"}: expected ${expected}, got ${found}, write the file again`,
    cursor.base + cursor.at,
  );
}

export function skipSpace(cursor: JsonCursor): void {
  for (;;) {
    const byte = cursor.bytes[cursor.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    cursor.at += 1;
  }
}

/** Takes one punctuation mark, spaces around it too. */
export function takeMark(cursor: JsonCursor, mark: string): void {
  skipSpace(cursor);
  if (cursor.bytes[cursor.at] !== mark.charCodeAt(0)) jsonFail(cursor, `"${mark}"`);
  cursor.at += 1;
  skipSpace(cursor);
}

export function takeString(cursor: JsonCursor): string {
  skipSpace(cursor);
  if (cursor.bytes[cursor.at] !== QUOTE) jsonFail(cursor, "a string");
  const start = cursor.at;
  let escaped = false;
  let end = start + 1;
  for (; cursor.bytes[end] !== QUOTE; end++) {
    const byte = cursor.bytes[end];
    if (byte === undefined || byte < 0x20 || end - start > MAX_STRING) {
      cursor.at = end;
      jsonFail(cursor, "the end of a string");
    }
    if (byte === BACKSLASH) {
      escaped = true;
      end += 1;
    }
  }
  cursor.at = end + 1;
  try {
    const text = utf8.decode(cursor.bytes.subarray(start + 1, end));
    return escaped ? String(JSON.parse(`"${text}"`)) : text;
  } catch {
    cursor.at = start;
    return jsonFail(cursor, "a string in UTF-8 with valid escapes");
  }
}

/** A whole number from 0 that JavaScript holds exactly. */
export function takeCount(cursor: JsonCursor): number {
  skipSpace(cursor);
  const start = cursor.at;
  let value = 0;
  for (let byte = cursor.bytes[cursor.at]; byte !== undefined && byte >= 0x30 && byte <= 0x39; ) {
    value = value * 10 + (byte - 0x30);
    cursor.at += 1;
    byte = cursor.bytes[cursor.at];
  }
  if (cursor.at === start) jsonFail(cursor, "a whole number from 0");
  if (!Number.isSafeInteger(value) || cursor.at - start > 16) {
    cursor.at = start;
    jsonFail(cursor, "a whole number below 2^53");
  }
  skipSpace(cursor);
  return value;
}

/** `[` numbers `]`, at most `most` of them. */
export function takeCounts(cursor: JsonCursor, most: number): number[] {
  takeMark(cursor, "[");
  const values: number[] = [];
  if (cursor.bytes[cursor.at] === 0x5d) {
    cursor.at += 1;
    return values;
  }
  for (;;) {
    if (values.length === most) jsonFail(cursor, `at most ${most} numbers`);
    values.push(takeCount(cursor));
    if (cursor.bytes[cursor.at] !== COMMA) break;
    cursor.at += 1;
  }
  takeMark(cursor, "]");
  return values;
}

/** `{` "key": value, … `}`: calls `member` with the cursor at the value; a key that comes twice is an error. */
export function takeObject(cursor: JsonCursor, member: (key: string) => void): void {
  takeMark(cursor, "{");
  if (cursor.bytes[cursor.at] === 0x7d) {
    cursor.at += 1;
    return;
  }
  const seen = new Set<string>();
  for (;;) {
    const start = cursor.at;
    const key = takeString(cursor);
    if (seen.has(key)) {
      cursor.at = start;
      jsonFail(cursor, `each name once (${shown(key)} comes twice)`);
    }
    seen.add(key);
    skipSpace(cursor);
    if (cursor.bytes[cursor.at] !== COLON) jsonFail(cursor, '":"');
    cursor.at += 1;
    skipSpace(cursor);
    member(key);
    skipSpace(cursor);
    if (cursor.bytes[cursor.at] !== COMMA) break;
    cursor.at += 1;
  }
  takeMark(cursor, "}");
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper than any file of these kinds goes; a stack overflow is far beyond. */
const MAX_NESTING = 16;

/** Python writes the last three too. */
const WORDS: readonly (readonly [string, Json])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

function takeWord(cursor: JsonCursor): Json {
  const text = new TextDecoder("latin1").decode(cursor.bytes.subarray(cursor.at, cursor.at + 400));
  const word = WORDS.find(([known]) => text.startsWith(known));
  if (word) {
    cursor.at += word[0].length;
    return word[1];
  }
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?/.exec(text)?.[0];
  if (number === undefined) jsonFail(cursor, "a value");
  cursor.at += number.length;
  return Number(number);
}

/** Any value. Objects have no prototype: a key of any name is just a key. */
export function takeJson(cursor: JsonCursor, depth = 0): Json {
  if (depth > MAX_NESTING) jsonFail(cursor, `at most ${MAX_NESTING} levels`);
  skipSpace(cursor);
  const byte = cursor.bytes[cursor.at];
  if (byte === QUOTE) return takeString(cursor);
  if (byte === 0x7b) {
    const entries: [string, Json][] = [];
    takeObject(cursor, (key) => {
      entries.push([key, takeJson(cursor, depth + 1)]);
      skipSpace(cursor);
    });
    return Object.assign(Object.create(null), Object.fromEntries(entries));
  }
  if (byte !== 0x5b) return takeWord(cursor);
  const list: Json[] = [];
  do {
    cursor.at += 1;
    skipSpace(cursor);
    if (cursor.bytes[cursor.at] === 0x5d) break;
    list.push(takeJson(cursor, depth + 1));
    skipSpace(cursor);
  } while (cursor.bytes[cursor.at] === COMMA);
  if (cursor.bytes[cursor.at] !== 0x5d) jsonFail(cursor, '"]"');
  cursor.at += 1;
  return list;
}

/** The text of a whole file: one value and nothing after it. */
export function parseJson(bytes: Uint8Array, what: string): Json {
  const cursor: JsonCursor = { bytes, base: 0, what, at: 0 };
  const value = takeJson(cursor);
  skipSpace(cursor);
  if (cursor.at !== bytes.length) jsonFail(cursor, "the end");
  return value;
}

/** Passes over one value without keeping it. */
export function skipJson(cursor: JsonCursor): void {
  takeJson(cursor);
  skipSpace(cursor);
}

/** The keys of the outermost object, values passed over: what tells one kind of JSON file from another. */
export function jsonKeys(bytes: Uint8Array, what: string): ReadonlySet<string> {
  const cursor: JsonCursor = { bytes, base: 0, what, at: 0 };
  const keys = new Set<string>();
  takeObject(cursor, (key) => {
    keys.add(key);
    skipJson(cursor);
  });
  if (cursor.at !== bytes.length) jsonFail(cursor, "the end");
  return keys;
}
