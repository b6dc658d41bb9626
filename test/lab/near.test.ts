/** Where a prediction is computed: in the page while that is quick, in the worker otherwise; old answers are not shown. */

import { afterEach, expect, test, vi } from "vitest";
import { near } from "../../lab/src/work/near.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A worker whose answers the test gives, and a page that counts, on a clock of its own: `cost` milliseconds an answer. */
function setup() {
  let clock = 0;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  const page = { cost: 1 };
  const shown: string[] = [];
  const computed: number[] = [];
  const asked: ((took: number) => void)[] = [];
  const failures: string[] = [];
  const predict = near<number, string>(
    {
      load: async () => (request) => {
        computed.push(request);
        clock += page.cost;
        if (request < 0) throw new RangeError("negative");
        return `page ${request}`;
      },
      ask: (request) =>
        new Promise((resolve) => {
          asked.push((took) => resolve({ value: `worker ${request}`, took }));
        }),
      rehearsal: (request, i) => request + 10 * (i + 1),
    },
    (result) => shown.push(result),
    (error) => failures.push(error.message),
  );
  const answer = async (index: number, took: number) => {
    asked[index]?.(took);
    await turn();
  };
  /** The first answer, and all of the page's practice on it. */
  const begin = async () => {
    predict(1);
    await answer(0, 1);
    await expect.poll(() => performance.getEntriesByType("mark").length).toBe(1);
    performance.clearMarks();
  };
  return { shown, computed, asked, failures, page, predict, answer, begin };
}

test("the worker answers first, the page from its practice on, before the call returns", async () => {
  const { shown, computed, predict, begin } = setup();
  await begin();
  expect([shown, computed]).toEqual([["worker 1"], [11]]);
  predict(2);
  expect(shown).toEqual(["worker 1", "page 2"]);
});

test("the page practises until it is quick, on requests like the first", async () => {
  const { computed, page, begin } = setup();
  page.cost = 40;
  setTimeout(() => {
    page.cost = 5;
  }, 120);
  await begin();
  expect(computed.length).toBeGreaterThan(1);
  expect(computed.length).toBeLessThan(10);
  expect(computed.slice(0, 2)).toEqual([11, 21]);
});

test("what takes the page long three times in a row goes to the worker until that is quick again", async () => {
  const { shown, asked, page, predict, answer, begin } = setup();
  await begin();
  page.cost = 200;
  predict(2);
  page.cost = 1;
  predict(3);
  page.cost = 200;
  for (const request of [4, 5, 6]) predict(request);
  expect(shown.slice(1)).toEqual(["page 2", "page 3", "page 4", "page 5", "page 6"]);
  predict(7);
  expect(asked.length).toBe(2);
  await answer(1, 200);
  predict(8);
  expect(asked.length).toBe(3);
  await answer(2, 2);
  predict(9);
  expect(shown.slice(6)).toEqual(["worker 7", "worker 8", "page 9"]);
});

test("while the worker is busy only the newest request waits, and an error is told by its message", async () => {
  const { shown, asked, failures, predict, answer } = setup();
  for (const request of [1, 2, 3]) predict(request);
  await answer(0, 1);
  expect(asked.length).toBe(2);
  await expect.poll(() => performance.getEntriesByType("mark").length).toBe(1);
  performance.clearMarks();
  predict(4);
  expect(shown).toEqual(["worker 1", "page 4"]);
  // The answer to 3 comes after 4 is shown.
  await answer(1, 1);
  expect(shown).toEqual(["worker 1", "page 4"]);
  predict(-1);
  expect(failures).toEqual(["negative"]);
});
