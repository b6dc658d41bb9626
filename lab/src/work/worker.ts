/** The library's side: runs the tasks of the screens, part by part, until they end or are cancelled. */

import type { Answer, Conversation, Message, Tasks } from "./protocol.ts";
import { taskModules } from "./tasks.ts";

class Cancelled extends Error {}

const running = new Set<number>();
const cancelled = new Set<number>();
/** What the page has said to streams that run, and who waits to hear it. */
const told = new Map<number, unknown>();
const listening = new Map<number, () => void>();
let resting: Promise<void> | null = null;
let wake = () => {};

const say = (answer: Answer) => postMessage(answer);

/** A turn of the event loop without the four milliseconds that nested timers wait. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function contextOf(id: number): Conversation {
  let rests = true;
  return {
    keepOn() {
      rests = false;
    },
    async breathe() {
      await turn();
      while (rests && resting !== null) await resting;
      if (cancelled.has(id)) throw new Cancelled();
    },
    told: () => told.get(id),
    async hear() {
      if (!cancelled.has(id)) await new Promise<void>((resolve) => listening.set(id, resolve));
      if (cancelled.has(id)) throw new Cancelled();
    },
  };
}

function wakeListener(id: number): void {
  listening.get(id)?.();
  listening.delete(id);
}

const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

async function work({ id, screen, task, request }: Extract<Message, { kind: "ask" }>): Promise<void> {
  const load = taskModules[screen];
  const tasks: Tasks = load === undefined ? {} : await load();
  const run: unknown = tasks[task];
  if (typeof run !== "function") throw new Error(`lab: ${screen} has no task ${task}`);
  const context = contextOf(id);
  let start = performance.now();
  const part = (value: unknown) => say({ kind: "part", id, value, took: performance.now() - start });
  const result: unknown = run(request, context);
  if (!isStream(result)) {
    part(await result);
    return;
  }
  await context.breathe();
  for await (const value of result) {
    if (cancelled.has(id)) return;
    part(value);
    await context.breathe();
    start = performance.now();
  }
}

addEventListener("message", ({ data }: MessageEvent<Message>) => {
  switch (data.kind) {
    case "cancel":
      // What has ended meanwhile is not remembered.
      if (running.has(data.id)) cancelled.add(data.id);
      wakeListener(data.id);
      return;
    case "tell":
      if (running.has(data.id)) told.set(data.id, data.value);
      wakeListener(data.id);
      return;
    case "rest":
      resting ??= new Promise((resolve) => {
        wake = resolve;
      });
      return;
    case "resume":
      resting = null;
      wake();
      return;
    case "ask":
      running.add(data.id);
      work(data)
        .then(() => say({ kind: "end", id: data.id }))
        .catch((error: unknown) => {
          if (error instanceof Cancelled) say({ kind: "end", id: data.id });
          else say({ kind: "error", id: data.id, message: error instanceof Error ? error.message : String(error) });
        })
        .finally(() => {
          running.delete(data.id);
          cancelled.delete(data.id);
          told.delete(data.id);
        });
  }
});
