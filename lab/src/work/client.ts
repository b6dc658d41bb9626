/**
 * The page's side of the worker. There are two: `ask` (one answer, quick: theory) never waits behind `stream` (draws,
 * training). A hidden tab's streams rest.
 */

import { type Lane, laneFor } from "./lane.ts";
import type { Timed } from "./near.ts";
import type { Message, PartOf, RequestOf } from "./protocol.ts";

let next = 0;

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
      await send(laneFor("quick"), { screen, task, request }, keep, undefined);
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
      return send(laneFor("long"), { screen, task, request }, part, signal);
    },
    /** A stream that can be spoken to while it runs (`context.told`, `context.hear`). */
    converse<K extends keyof M & string>(
      task: K,
      request: RequestOf<M[K]>,
      part: (value: PartOf<M[K]>) => void,
      signal: AbortSignal,
    ): { readonly done: Promise<void>; readonly tell: (value: unknown) => void } {
      const id = next++;
      const lane = laneFor("long");
      return {
        done: send(lane, { screen, task, request }, part, signal, id),
        tell(value) {
          if (!signal.aborted) lane.post({ kind: "tell", id, value });
        },
      };
    },
  };
}
