/**
 * The page's side of the worker. There are two: `ask` (one answer, quick: theory) never waits behind `stream` (draws,
 * training). A hidden tab's streams rest.
 */

import type { Timed } from "./near.ts";
import type { Answer, Message, PartOf, RequestOf } from "./protocol.ts";

interface Waiting {
  // What the worker posts is what the task gave it: structured clones keep the type, which a message cannot carry.
  readonly part: (value: never, took: number) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

interface Lane {
  readonly post: (message: Message) => void;
  readonly waiting: Map<number, Waiting>;
}

let next = 0;

function openLane(): Lane {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, Waiting>();
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const entry = waiting.get(data.id);
    if (entry === undefined) return;
    if (data.kind === "part") {
      entry.part(data.value as never, data.took);
      return;
    }
    waiting.delete(data.id);
    if (data.kind === "end") entry.end();
    else entry.fail(new Error(data.message));
  });
  worker.addEventListener("error", () => {
    for (const { fail } of waiting.values()) fail(new Error("The worker could not be loaded: reload the page."));
    waiting.clear();
  });
  return { post: (message) => worker.postMessage(message), waiting };
}

const lanes: { quick?: Lane; long?: Lane } = {};
const quick = () => {
  lanes.quick ??= openLane();
  return lanes.quick;
};
const long = () => {
  lanes.long ??= openLane();
  return lanes.long;
};

document.addEventListener("visibilitychange", () => {
  lanes.long?.post({ kind: document.hidden ? "rest" : "resume" });
});

/** Sends one request; `part` is called for each answer. Resolves at the end, at once where `signal` is aborted. */
function send<Part>(
  lane: Lane,
  message: Omit<Extract<Message, { kind: "ask" }>, "kind" | "id">,
  part: (value: Part, took: number) => void,
  signal: AbortSignal | undefined,
  id = next++,
): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = () => {
      lane.waiting.delete(id);
      lane.post({ kind: "cancel", id });
      resolve();
    };
    const done = (finish: () => void) => () => {
      signal?.removeEventListener("abort", stop);
      finish();
    };
    signal?.addEventListener("abort", stop, { once: true });
    lane.waiting.set(id, { part, end: done(resolve), fail: (error) => done(() => reject(error))() });
    lane.post({ kind: "ask", id, ...message });
  });
}

/** The tasks of one screen: `const work = worker<typeof import("./compute.ts")>("signal")`. */
export function worker<M>(screen: string) {
  return {
    /** One answer. */
    async ask<K extends keyof M & string>(task: K, request: RequestOf<M[K]>): Promise<PartOf<M[K]>> {
      return (await this.timed(task, request)).value;
    },
    /** One answer, and how long the worker worked for it. */
    async timed<K extends keyof M & string>(task: K, request: RequestOf<M[K]>): Promise<Timed<PartOf<M[K]>>> {
      const answers: Timed<PartOf<M[K]>>[] = [];
      const keep = (value: PartOf<M[K]>, took: number) => answers.push({ value, took });
      await send(quick(), { screen, task, request }, keep, undefined);
      const [answer] = answers;
      if (answer === undefined) throw new Error(`lab: ${screen} gave no answer to ${task}`);
      return answer;
    },
    /** Parts as they come, until the task ends or `signal` is aborted. */
    stream<K extends keyof M & string>(
      task: K,
      request: RequestOf<M[K]>,
      part: (value: PartOf<M[K]>) => void,
      signal: AbortSignal,
    ): Promise<void> {
      return send(long(), { screen, task, request }, part, signal);
    },
    /** A stream that can be spoken to while it runs (`context.told`, `context.hear`). */
    converse<K extends keyof M & string>(
      task: K,
      request: RequestOf<M[K]>,
      part: (value: PartOf<M[K]>) => void,
      signal: AbortSignal,
    ): { readonly done: Promise<void>; readonly tell: (value: unknown) => void } {
      const id = next++;
      return {
        done: send(long(), { screen, task, request }, part, signal, id),
        tell(value) {
          if (!signal.aborted) long().post({ kind: "tell", id, value });
        },
      };
    },
  };
}
