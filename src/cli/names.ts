/** Parameters by a pattern. */

import { UsageError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** `*` is any text, `?` one character; a pattern without either also matches the names that begin with it, up to a dot. */
export function matches(pattern: string, name: string): boolean {
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const body = pattern
    .split(/([*?])/)
    .map((part) => (part === "*" ? ".*" : part === "?" ? "." : literal(part)))
    .join("");
  const wild = /[*?]/.test(pattern);
  return new RegExp(wild ? `^${body}$` : `^${body}(\\.|$)`, "su").test(name);
}

/** Longest pattern: what a person types, and too short to backtrack for long. */
const LONGEST = 200;
const MOST_STARS = 8;

/** The names that any of the patterns matches. @throws UsageError where none does */
export function namesMatching(patterns: readonly string[], names: readonly string[], command: string): Set<string> {
  for (const pattern of patterns) {
    if (pattern.length > LONGEST || pattern.split("*").length - 1 > MOST_STARS) {
      throw new UsageError(`${command}: a pattern has at most ${LONGEST} characters and ${MOST_STARS} stars, got more`);
    }
  }
  const found = new Set(names.filter((name) => patterns.some((pattern) => matches(pattern, name))));
  if (found.size > 0) return found;
  const near = nearest(patterns[0] ?? "", names);
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "leave the pattern out to see all";
  throw new UsageError(`${command}: no parameter matches ${JSON.stringify(patterns.join(" "))}, ${hint}`);
}
