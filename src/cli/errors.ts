/** One line for a person, the stack only on request; the exit code says whose turn it is. */

import type { Terminal } from "./terminal.ts";

/** DESIGN 6.1: 0 done, 1 findings or a failed verification, 2 bad usage or unreadable input, 130 interrupted. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line asked for something that cannot be: what, where, what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A message as one printable line: whatever a file or an argument put into it cannot break the line or the terminal. */
export function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ").trim();
}

/** Longest message shown: names quoted from hostile files can be megabytes. */
const LONGEST_MESSAGE = 600;

export function errorLine(error: unknown): string {
  const message =
    oneLine(error instanceof Error ? error.message : String(error)) ||
    "something failed without a message, run again with --debug";
  return `epoch0: ${message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message}`;
}

/** Writes the error to stderr and gives the exit code. */
export function reportError(error: unknown, terminal: Terminal, { debug }: { readonly debug: boolean }): number {
  if (terminal.signal.aborted) {
    terminal.err("epoch0: interrupted, nothing was left half written\n");
    return EXIT.interrupted;
  }
  terminal.err(`${errorLine(error)}\n`);
  if (debug && error instanceof Error && error.stack !== undefined) terminal.err(`${error.stack}\n`);
  return EXIT.usage;
}
