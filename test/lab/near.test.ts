/** Where a prediction is computed: in the page while that is quick, in the worker otherwise; old answers are not shown. */

import { expect, test } from "vitest";
import { near } from "../../lab/src/work/near.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A worker whose answers the test gives, and a page that counts. */
function setup(rehearsal: readonly number[] = []) {
  const shown: string[] = [];
  const computed: number[] = [];
  const asked: ((took: number) => void)[] = [];
  const failures: string[] = [];
  const predict = near<number, string>(
    {
      load: async () => (request) => {
        computed.push(request);
        if (request < 0) throw new RangeError("negative");
        return `page ${request}`;
      },
      ask: (request) =>
        new Promise((resolve) => {
          asked.push((took) => resolve({ value: `worker ${request}`, took }));
        }),
      rehearsal,
    },
    (result) => shown.push(result),
    (error) => failures.push(error.message),
  );
  const answer = async (index: number, took: number) => {
    asked[index]?.(took);
    await turn();
  };
  return { shown, computed, asked, failures, predict, answer };
}

test("the worker answers first; the page from then on, before the call returns", async () => {
  const { shown, computed, predict, answer } = setup();
  predict(1);
  await answer(0, 3);
  expect(computed).toEqual([]);
  predict(2);
  expect(shown).toEqual(["worker 1", "page 2"]);
});

test("what took the worker long stays there until it is quick again", async () => {
  const { shown, asked, predict, answer } = setup();
  predict(1);
  await answer(0, 200);
  predict(2);
  expect(asked.length).toBe(2);
  await answer(1, 2);
  predict(3);
  expect(shown).toEqual(["worker 1", "worker 2", "page 3"]);
});

test("the page practises on small requests before the first that counts", async () => {
  const { computed, predict, answer } = setup([10, 11]);
  predict(1);
  await answer(0, 1);
  await expect.poll(() => computed).toEqual([10, 11]);
});

test("while the worker is busy only the newest request waits, and an error is told by its message", async () => {
  const { shown, asked, failures, predict, answer } = setup();
  for (const request of [1, 2, 3]) predict(request);
  await answer(0, 1);
  expect(asked.length).toBe(2);
  predict(4);
  expect(shown).toEqual(["worker 1", "page 4"]);
  // The answer to 3 comes after 4 is shown.
  await answer(1, 1);
  expect(shown).toEqual(["worker 1", "page 4"]);
  predict(-1);
  expect(failures).toEqual(["negative"]);
});
