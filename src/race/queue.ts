/** The jobs of a race over the machine's cores, remembered in a file as they come in. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { openRace, type RaceOrder } from "./queue-open.ts";
import { defaultStorePath, openStore } from "./queue-store.ts";
import type { Answer } from "./queue-worker.ts";
import { race } from "./race.ts";
import { createRunner, type Extensions } from "./runner.ts";
import type { Job, Outcome, RaceResult } from "./types.ts";

export type { RaceOrder } from "./queue-open.ts";
export type { OptimizerName, RaceResult } from "./types.ts";

export interface QueueOptions {
  /** Worker threads; default: the machine's cores, 8 at most. 1 runs in this thread. */
  readonly threads?: number;
  /** File of the runs; default `.epoch0/race-….json` in the current folder. */
  readonly results?: string;
  readonly signal?: AbortSignal;
  /** Functions for nodes of one's own; they cannot be handed to worker threads, so that all runs are done in this one. */
  readonly extensions?: Extensions;
  /** Called when the file is open, and after each run. */
  readonly onProgress?: (progress: RaceProgress) => void;
}

export interface RaceProgress {
  /** Runs done, those of an earlier time included; and all that are expected so far. */
  readonly done: number;
  readonly expected: number;
  /** Of those done, how many an earlier time did. */
  readonly kept: number;
  readonly path: string;
}

/** Each thread compiles the network for itself: more of them than this cost more memory than they bring. */
const MOST_THREADS = 8;

interface Pool {
  readonly run: (job: Job) => Promise<Outcome>;
  readonly dispose: () => void;
}

/**
 * Runs the race and gives its result; jobs found in the results file are not done again.
 *
 * Errors: the signal's reason when aborted (what was done is in the file), or what a worker says.
 */
export async function runRace(order: RaceOrder, options: QueueOptions = {}): Promise<RaceResult> {
  const { signal, onProgress, extensions, threads = Math.min(MOST_THREADS, availableParallelism()) } = options;
  const opened = await openRace(order);
  const store = await openStore(order, options.results ?? (await defaultStorePath(order)));
  const worker = workerFile();
  const pool =
    threads > 1 && worker !== null && extensions === undefined
      ? threadPool(order, worker, threads, signal)
      : localPool(order, opened, { signal, extensions });
  let [done, kept, expected] = [0, 0, 0];
  const note = () => onProgress?.({ done, expected, kept, path: store.path });
  const execute = async (job: Job): Promise<Outcome> => {
    const found = store.get(job);
    const outcome = found ?? (await pool.run(job));
    if (found === undefined) await store.put(job, outcome);
    else if (job.kind === "run") kept++;
    if (job.kind === "run") done++;
    note();
    return outcome;
  };
  try {
    signal?.throwIfAborted();
    const onExpected = (runs: number) => {
      expected = runs;
      note();
    };
    return await race(execute, opened.model.name, opened.task, order.settings, { onExpected });
  } finally {
    pool.dispose();
    await store.settled();
  }
}

/** Beside the built program; a source tree without a build has none, and runs in this thread. */
function workerFile(): string | null {
  const path = fileURLToPath(new URL("./race-worker.js", import.meta.url));
  return existsSync(path) ? path : null;
}

/** One job after the other, in this thread. */
function localPool(
  order: RaceOrder,
  { model, task }: Awaited<ReturnType<typeof openRace>>,
  { signal, extensions }: Pick<QueueOptions, "signal" | "extensions">,
): Pool {
  const runner = createRunner(model, task, order.settings, extensions);
  let last: Promise<unknown> = runner;
  return {
    run(job) {
      const turn = last.then(async () => {
        signal?.throwIfAborted();
        return (await runner).run(job, signal);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    dispose: () => void runner.then((each) => each.dispose()).catch(() => undefined),
  };
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads start as jobs come, up to `threads`; an abort ends them all where they are. */
function threadPool(order: RaceOrder, path: string, threads: number, signal?: AbortSignal): Pool {
  const waiting: Waiting[] = [];
  const idle: Worker[] = [];
  const busy = new Map<Worker, Waiting>();
  let over = false;
  const fail = (error: unknown) => {
    over = true;
    for (const each of [...waiting.splice(0), ...busy.values()]) each.reject(error);
    for (const worker of [...idle.splice(0), ...busy.keys()]) void worker.terminate();
    busy.clear();
  };
  const start = (): Worker => {
    const worker = new Worker(path, { workerData: order });
    worker.on("message", (answer: Answer) => {
      const done = busy.get(worker);
      busy.delete(worker);
      if (answer.kind === "failed") return fail(new Error(answer.message));
      idle.push(worker);
      done?.resolve(answer.outcome);
      next();
    });
    worker.on("error", fail);
    return worker;
  };
  const next = () => {
    while (!over && waiting.length > 0 && (idle.length > 0 || busy.size < threads)) {
      const worker = idle.pop() ?? start();
      const item = waiting.shift()!;
      busy.set(worker, item);
      worker.postMessage(item.job);
    }
  };
  const abort = () => fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (over) return reject(signal?.reason ?? new Error("race: a worker has failed, run again"));
        waiting.push({ job, resolve, reject });
        next();
      }),
    dispose() {
      signal?.removeEventListener("abort", abort);
      fail(new Error("race: over"));
    },
  };
}
