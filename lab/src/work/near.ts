/**
 * Predictions at a slider's pace. No worker's answer is on the screen in the frame of the move that asked for it; so what takes
 * a few milliseconds is computed by the page itself, and what takes longer by the worker.
 */

import { latest } from "./latest.ts";

/** Of a frame's 16.7 ms: the page has still to draw, some 4 ms. */
const PAGE_MS = 12;

export interface Timed<Result> {
  readonly value: Result;
  /** Milliseconds. */
  readonly took: number;
}

export interface Ways<Request, Result> {
  /** Loads what computes in the page; called once the first answer is there, which does not wait for it. */
  readonly load: () => Promise<(request: Request) => Result>;
  readonly ask: (request: Request) => Promise<Timed<Result>>;
  /** Small requests, computed in the page's idle time before the first that counts: code runs fast once it has run. */
  readonly rehearsal: readonly Request[];
}

const idle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve());
    else setTimeout(resolve, 50);
  });

/**
 * As `latest`; where the last answer, from here or there, took less than `PAGE_MS`, the next is shown before this returns.
 *
 * @example near({ load: async () => (await import("./theory.ts")).theory, ask: (asked) => work.timed("theory", asked), rehearsal: [] }, show, fail)
 */
export function near<Request, Result>(
  { load, ask, rehearsal }: Ways<Request, Result>,
  show: (result: Result) => void,
  fail: (error: Error) => void,
): (request: Request) => void {
  let here: ((request: Request) => Result) | null = null;
  let loading = false;
  let took = Number.POSITIVE_INFINITY;
  /** Answers of the worker that the page has overtaken are old news. */
  let asked = 0;
  let shown = 0;
  const isNews = (number: number) => {
    if (number < shown) return false;
    shown = number;
    return true;
  };
  const prepare = async () => {
    const compute = await load();
    for (const request of rehearsal) {
      await idle();
      compute(request);
    }
    here = compute;
  };
  const there = latest(
    ({ request }: { readonly number: number; readonly request: Request }) => ask(request),
    (answer, { number }) => {
      took = answer.took;
      if (isNews(number)) show(answer.value);
      if (loading) return;
      loading = true;
      prepare().catch(fail);
    },
    fail,
  );
  return (request) => {
    const number = ++asked;
    if (here === null || took > PAGE_MS) {
      there({ number, request });
      return;
    }
    const start = performance.now();
    try {
      const result = here(request);
      took = performance.now() - start;
      shown = number;
      show(result);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
}
