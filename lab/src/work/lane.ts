/**
 * A worker, and who waits for it. Compilers and caches of a worker keep what they once made (jax-js every program that it
 * compiled, some 0.15 MB a training); after enough tasks a fresh worker takes its place, so that hours of use hold no more
 * memory than minutes.
 */

import type { Answer, Message } from "./protocol.ts";

export interface Waiting {
  // What the worker posts is what the task gave it: structured clones keep the type, which a message cannot carry.
  readonly part: (value: never, took: number) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

export interface Lane {
  readonly post: (message: Message) => void;
  readonly waiting: Map<number, Waiting>;
  /** Tasks it was given so far. */
  readonly tasks: () => number;
  /** Takes no more tasks, and ends when what still runs has ended. */
  readonly retire: () => void;
}

/** What a worker does before a fresh one takes its place: an answer leaves little behind, a training more. */
const TASKS = { quick: 2000, long: 40 } as const;
type Kind = keyof typeof TASKS;

/** All that live, those that are about to end among them. */
const living = new Set<Lane>();
document.addEventListener("visibilitychange", () => {
  for (const lane of living) lane.post({ kind: document.hidden ? "rest" : "resume" });
});

function openLane(kind: Kind): Lane {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: kind });
  const waiting = new Map<number, Waiting>();
  const running = new Set<number>();
  let [tasks, retired] = [0, false];
  const endIfDone = () => {
    if (!retired || running.size > 0) return;
    worker.terminate();
    living.delete(lane);
  };
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const entry = waiting.get(data.id);
    if (data.kind === "part") {
      entry?.part(data.value as never, data.took);
      return;
    }
    waiting.delete(data.id);
    running.delete(data.id);
    if (data.kind === "end") entry?.end();
    else entry?.fail(new Error(data.message));
    endIfDone();
  });
  worker.addEventListener("error", () => {
    for (const { fail } of waiting.values()) fail(new Error("The worker could not be loaded: reload the page."));
    waiting.clear();
  });
  const lane: Lane = {
    post(message) {
      if (message.kind === "ask") {
        running.add(message.id);
        tasks++;
      }
      worker.postMessage(message);
    },
    waiting,
    tasks: () => tasks,
    retire() {
      retired = true;
      endIfDone();
    },
  };
  living.add(lane);
  // Opened in a tab behind others: nobody looks yet.
  if (document.hidden) lane.post({ kind: "rest" });
  return lane;
}

const lanes: Partial<Record<Kind, Lane>> = {};

/** The lane for the next task; a fresh one where the last has done enough and nobody waits for it. */
export function laneFor(kind: Kind): Lane {
  const last = lanes[kind];
  if (last !== undefined && (last.tasks() < TASKS[kind] || last.waiting.size > 0)) return last;
  last?.retire();
  const lane = openLane(kind);
  lanes[kind] = lane;
  return lane;
}
