/** The JSON subset of a safetensors header, read strictly and with byte offsets: duplicate keys are an error here. */

import { FormatError } from "../error.ts";

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
      jsonFail(cursor, `each name once (${JSON.stringify(key.slice(0, 80))} comes twice)`);
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
