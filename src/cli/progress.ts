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
/** What is left is told from here on: earlier the rate says little. */
const ESTIMATE_MS = 3000;
/** Shorter waits need no words. */
const WORTH_SAYING_MS = 2000;

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function createProgress(terminal: Terminal, { now = Date.now }: { readonly now?: () => number } = {}): Progress {
  if (!terminal.progress) return { update: () => {}, end: () => {} };
  const started = now();
  let last = 0;
  let shown = false;
  /** Where the present stretch of work began: it begins anew where the share falls. */
  let from = { time: started, done: 0 };
  let before = 0;
  const left = (done: number, time: number): string => {
    const elapsed = time - from.time;
    if (elapsed < ESTIMATE_MS || done <= from.done) return "";
    const rest = (elapsed * (1 - done)) / (done - from.done);
    return rest < WORTH_SAYING_MS ? "" : `, ${duration(rest)} left`;
  };
  return {
    update: (done, what) => {
      const time = now();
      if (done < before) from = { time, done };
      before = done;
      if (time - started < QUIET_MS || time - last < EVERY_MS) return;
      last = time;
      shown = true;
      const full = Math.round(Math.min(1, Math.max(0, done)) * BAR_CELLS);
      terminal.err(
        `\r\u001b[2K${"━".repeat(full)}${"─".repeat(BAR_CELLS - full)} ${Math.round(done * 100)} %${left(done, time)}  ${what}`,
      );
    },
    end: () => {
      if (shown) terminal.err("\r\u001b[2K");
    },
  };
}
