/**
 * Predictions at a slider's pace. No worker's answer is on the screen in the frame of the move that asked for it; so what takes
 * a few milliseconds is computed by the page itself, and what takes longer by the worker.
 */

import { latest } from "./latest.ts";

/** Longer than this a page may not be deaf (W3C Long Tasks); below it the way to a worker and back is the slower one. */
const PAGE_MS = 50;
/** Answers in a row that took longer, until the worker takes over: one alone may be the machine's doing. */
const SLOW_IN_A_ROW = 3;
/** The page has practised when an answer leaves room in its frame for the drawing, some 5 ms; at the latest after so many answers. */
const PRACTISED_MS = 10;
const MOST_PRACTICE = 60;
/** Stands in the page's own timeline from then on. */
export const AT_HAND = "epoch0: computed in the page";

export interface Timed<Result> {
  readonly value: Result;
  /** Milliseconds. */
  readonly took: number;
}

export interface Ways<Request, Result> {
  /** Loads what computes in the page; called once the first answer is there, which does not wait for it. */
  readonly load: () => Promise<(request: Request) => Result>;
  readonly ask: (request: Request) => Promise<Timed<Result>>;
  /** Requests like this one, computed in the page's idle time before the first that counts: code runs fast once it has run. */
  readonly rehearsal: (request: Request, index: number) => Request;
}

const idle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve());
    else setTimeout(resolve, 50);
  });

/**
 * As `latest`; once the page has what computes, an answer is shown before this returns, as long as the page is quick enough.
 *
 * @example near({ load: async () => (await import("./theory.ts")).theory, ask: (asked) => work.timed("theory", asked), rehearsal: (asked, i) => ({ ...asked, width: 4 + 8 * i }) }, show, fail)
 */
export function near<Request, Result>(
  { load, ask, rehearsal }: Ways<Request, Result>,
  show: (result: Result) => void,
  fail: (error: Error) => void,
): (request: Request) => void {
  let here: ((request: Request) => Result) | null = null;
  let loading = false;
  let slow = 0;
  /** Answers of the worker that the page has overtaken are old news. */
  let asked = 0;
  let shown = 0;
  const isNews = (number: number) => {
    if (number < shown) return false;
    shown = number;
    return true;
  };
  const timed = (compute: (request: Request) => Result, request: Request): Timed<Result> => {
    const start = performance.now();
    const value = compute(request);
    return { value, took: performance.now() - start };
  };
  const prepare = async (request: Request) => {
    const compute = await load();
    for (let i = 0, took = Number.POSITIVE_INFINITY; took > PRACTISED_MS && i < MOST_PRACTICE; i++) {
      await idle();
      took = timed(compute, rehearsal(request, i)).took;
    }
    here = compute;
    performance.mark(AT_HAND);
  };
  const there = latest(
    ({ request }: { readonly number: number; readonly request: Request }) => ask(request),
    (answer, { number, request }) => {
      if (answer.took <= PAGE_MS) slow = 0;
      if (isNews(number)) show(answer.value);
      if (loading) return;
      loading = true;
      prepare(request).catch(fail);
    },
    fail,
  );
  return (request) => {
    const number = ++asked;
    if (here === null || slow >= SLOW_IN_A_ROW) {
      there({ number, request });
      return;
    }
    try {
      const { value, took } = timed(here, request);
      slow = took > PAGE_MS ? slow + 1 : 0;
      shown = number;
      show(value);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
}
