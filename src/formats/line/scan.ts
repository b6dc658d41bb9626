/** The characters of an architecture line as words and marks, each with its column. */

import { FormatError } from "../error.ts";

export interface Token {
  /** A word such as `256`, `3x3`, `leaky_relu(0.1)`, or one of the marks `>` `[` `]` `|`; "" at the end. */
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

/** A line longer than this was not typed by a person. */
const MAX_LINE = 20_000;

export function lineError(token: Token, expected: string): FormatError {
  const got = token.text === "" ? "the end of the line" : JSON.stringify(token.text.slice(0, 40));
  return new FormatError(`architecture line, column ${token.column}: expected ${expected}, got ${got}`);
}

/** @throws FormatError when the line is too long */
export function scan(line: string): Token[] {
  if (line.length > MAX_LINE) {
    throw new FormatError(`architecture line: at most ${MAX_LINE} characters, got ${line.length}, use xN to repeat`);
  }
  const tokens: Token[] = [];
  // A word may carry one pair of parentheses, with spaces inside: "clip(min=0, max=6)".
  const pattern = /[>[\]|]|[^\s>[\]|()]+(?:\([^()]*\))?|[()]/g;
  for (const match of line.matchAll(pattern)) tokens.push({ text: match[0], column: match.index + 1 });
  tokens.push({ text: "", column: line.length + 1 });
  return tokens;
}
