/** One worker, the same in Node and in browsers. */

import type { Answer, Task } from "./messages.ts";
import { nodeThreads } from "./node-threads.ts";

export interface Thread {
  post(task: Task, transfer: readonly ArrayBuffer[]): void;
  /** A thread at work keeps a Node process alive, an idle one does not. */
  keepAlive(on: boolean): void;
  end(): void;
}

export interface ThreadEvents {
  answer(given: Answer): void;
  /** The thread is gone or cannot go on. */
  fail(error: Error): void;
}

/** Beside the built library. */
const workerUrl = () => new URL("./fill-worker.js", import.meta.url);

const crash = (what: string) => new Error(`pool: a worker thread ${what}, draw again with one thread`);

/** Null where threads cannot be started. */
export function startThread(events: ThreadEvents, url: URL = workerUrl()): Thread | null {
  const node = nodeThreads();
  if (node !== null) {
    // Options of the main program, such as --input-type, are not for a thread's script.
    const worker = new node.Worker(url, { execArgv: [] });
    worker.on("message", events.answer);
    worker.on("error", (error) => events.fail(crash(`failed (${error.message})`)));
    worker.on("exit", (code) => events.fail(crash(`ended with code ${code}`)));
    worker.unref();
    return {
      post: (task, transfer) => worker.postMessage(task, [...transfer]),
      keepAlive: (on) => (on ? worker.ref() : worker.unref()),
      end: () => void worker.terminate(),
    };
  }
  if (typeof Worker === "undefined") return null;
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Answer>) => events.answer(data);
  worker.onerror = ({ message }) => events.fail(crash(`failed (${message || "it could not be loaded"})`));
  return {
    post: (task, transfer) => worker.postMessage(task, [...transfer]),
    keepAlive: () => undefined,
    end: () => worker.terminate(),
  };
}

/** Can threads be started? A source tree without a build has no script for them. */
export function haveThreads(): boolean {
  if (nodeThreads() === null) return typeof Worker !== "undefined";
  return process.getBuiltinModule("node:fs").existsSync(workerUrl());
}

export function cores(): number {
  if (typeof navigator !== "undefined" && navigator.hardwareConcurrency > 0) return navigator.hardwareConcurrency;
  if (nodeThreads() === null) return 1;
  return process.getBuiltinModule("node:os").availableParallelism();
}
