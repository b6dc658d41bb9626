/** A Hugging Face `config.json`: strings and sizes by key, each checked when it is asked for. */

import { FormatError } from "../error.ts";
import { type Json, parseJson } from "../json.ts";
import { shown } from "../shape.ts";

/** Real ones have a few kilobytes; label lists of ten thousand classes, half a megabyte. */
export const MAX_CONFIG = 16 * 1024 * 1024;
/** Beyond any axis or count of layers that exists. */
const MAX_SIZE = 2 ** 40;

export interface ConfigReader {
  /** A whole number from 1, under the first of the keys that is there; `or` where none is. */
  readonly size: (keys: string | readonly string[], or?: number) => number;
  /** 1 or 0. */
  readonly flag: (key: string, or: boolean) => number;
  readonly number: (key: string) => number | null;
  readonly text: (key: string) => string | null;
  /** Length of a list or an object: `id2label`. */
  readonly count: (key: string) => number | null;
  readonly list: (key: string) => readonly Json[];
  /** A configuration within: `text_config`; empty where there is none. */
  readonly within: (key: string) => ConfigReader;
}

type Members = Readonly<Record<string, Json>>;

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function reader(members: Members, path: string): ConfigReader {
  const get = (key: string): Json | undefined => members[key] ?? undefined;
  const fail = (key: string, wanted: string): never => {
    const value = get(key);
    const got = value === undefined ? "nothing" : shown(JSON.stringify(value));
    throw new FormatError(`config: ${path}${key} must be ${wanted}, got ${got}, complete the configuration`);
  };
  return {
    size: (keys, or) => {
      const names = typeof keys === "string" ? [keys] : keys;
      const key = names.find((name) => get(name) !== undefined);
      if (key === undefined) return or ?? fail(names[0] ?? "", "a whole number from 1");
      const value = get(key);
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= MAX_SIZE) return value;
      return fail(key, "a whole number from 1");
    },
    flag: (key, or) => {
      const value = get(key) ?? or;
      return typeof value === "boolean" ? Number(value) : fail(key, "true or false");
    },
    number: (key) => {
      const value = get(key);
      return typeof value === "number" && Number.isFinite(value) ? value : null;
    },
    text: (key) => {
      const value = get(key);
      return typeof value === "string" ? value : null;
    },
    count: (key) => {
      const value = get(key);
      return typeof value === "object" && value !== null ? Object.keys(value).length : null;
    },
    list: (key) => {
      const value = get(key);
      return Array.isArray(value) ? value : [];
    },
    within: (key) => {
      const value = get(key);
      return reader(isMembers(value) ? value : {}, `${path}${key}.`);
    },
  };
}

/** @throws FormatError with the byte offset */
export function parseConfig(bytes: Uint8Array): ConfigReader {
  const value = parseJson(bytes, "config");
  if (!isMembers(value)) throw new FormatError("config: must be an object, give the model's config.json", 0);
  return reader(value, "");
}
