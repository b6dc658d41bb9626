/** A line on stderr for work over a second, on a terminal only, that leaves nothing behind. */

import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** `done` in 0…1. */
  readonly update: (done: number, what: string) => void;
  readonly end: () => void;
}

const QUIET_MS = 1000;
const EVERY_MS = 100;
const BAR_CELLS = 24;

export function createProgress(terminal: Terminal, { now = Date.now }: { readonly now?: () => number } = {}): Progress {
  if (!terminal.progress) return { update: () => {}, end: () => {} };
  const started = now();
  let last = 0;
  let shown = false;
  return {
    update: (done, what) => {
      const time = now();
      if (time - started < QUIET_MS || time - last < EVERY_MS) return;
      last = time;
      shown = true;
      const full = Math.round(Math.min(1, Math.max(0, done)) * BAR_CELLS);
      terminal.err(
        `\r\u001b[2K${"━".repeat(full)}${"─".repeat(BAR_CELLS - full)} ${Math.round(done * 100)} %  ${what}`,
      );
    },
    end: () => {
      if (shown) terminal.err("\r\u001b[2K");
    },
  };
}
