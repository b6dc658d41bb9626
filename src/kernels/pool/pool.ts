/** A few threads that do tasks in the order they come. */

import type { Answer, Place, Task } from "./messages.ts";
import { cores, startThread, type Thread } from "./thread.ts";

export interface Pool {
  /** Threads at most; they start as tasks come. */
  readonly size: number;
  run(task: Omit<Task, "slot">): Promise<ArrayBuffer | null>;
  /** Ends the threads; what they were doing fails. */
  close(): void;
}

/** More threads than this would need more room in a shared memory, and memory is full long before. */
export const MOST_THREADS = 32;

interface Job {
  readonly task: Omit<Task, "slot">;
  readonly resolve: (bytes: ArrayBuffer | null) => void;
  readonly reject: (error: Error) => void;
}

interface Seat {
  readonly slot: number;
  thread: Thread | null;
  job: Job | null;
}

const transferOf = (place: Place) => (place.kind === "answer" && place.room !== null ? [place.room] : []);

/**
 * @param size default: the machine's cores.
 * @param url of the threads' script. Default: the library's own, beside it.
 */
export function createPool({ size = cores(), url }: { readonly size?: number; readonly url?: URL } = {}): Pool {
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`createPool: a size is a whole number from 1, got ${size}`);
  const seats = Array.from(
    { length: Math.min(size, MOST_THREADS) },
    (_, slot): Seat => ({ slot, thread: null, job: null }),
  );
  const waiting: Job[] = [];
  let over: Error | null = null;

  function finish(error: Error): void {
    if (over !== null) return;
    over = error;
    for (const job of waiting.splice(0)) job.reject(error);
    for (const seat of seats) {
      seat.job?.reject(error);
      seat.job = null;
      seat.thread?.end();
      seat.thread = null;
    }
  }

  function answer(seat: Seat, given: Answer): void {
    const { job } = seat;
    seat.job = null;
    seat.thread?.keepAlive(false);
    if (given.kind === "done") job?.resolve(given.bytes);
    else job?.reject(new Error(given.message));
    next();
  }

  function next(): void {
    while (over === null && waiting.length > 0) {
      const seat =
        seats.find(({ job, thread }) => job === null && thread !== null) ?? seats.find(({ job }) => job === null);
      if (seat === undefined) return;
      seat.thread ??= startThread({ answer: (given) => answer(seat, given), fail: finish }, url);
      if (seat.thread === null) {
        finish(new Error("pool: no worker threads here, draw with one thread"));
        return;
      }
      const job = waiting.shift()!;
      seat.job = job;
      seat.thread.keepAlive(true);
      seat.thread.post({ ...job.task, slot: seat.slot }, transferOf(job.task.place));
    }
  }

  return {
    size: seats.length,
    run: (task) =>
      new Promise((resolve, reject) => {
        if (over !== null) {
          reject(over);
          return;
        }
        waiting.push({ task, resolve, reject });
        next();
      }),
    close: () => finish(new Error("pool: closed while at work, make a new one")),
  };
}

/** How long the pool that all calls share outlives its last task. */
const IDLE_MILLISECONDS = 5000;

let shared: { readonly pool: Pool; users: number; timer: ReturnType<typeof setTimeout> | null } | null = null;

/** Work with the pool that all calls share: it starts with the first, ends after a while without any, or when it fails. */
export async function withSharedPool<Result>(work: (pool: Pool) => Promise<Result>): Promise<Result> {
  shared ??= { pool: createPool(), users: 0, timer: null };
  const mine = shared;
  if (mine.timer !== null) clearTimeout(mine.timer);
  mine.timer = null;
  mine.users += 1;
  const drop = () => {
    mine.pool.close();
    if (shared === mine) shared = null;
  };
  try {
    return await work(mine.pool);
  } catch (error) {
    if (mine.users === 1) drop();
    throw error;
  } finally {
    mine.users -= 1;
    if (mine.users === 0 && shared === mine) {
      mine.timer = setTimeout(drop, IDLE_MILLISECONDS);
      if (typeof mine.timer === "object") mine.timer.unref();
    }
  }
}
