import { expect, it } from "vitest";
import type { RaceResult, RunRecord } from "../../src/race/index.ts";
import { rankSchemes } from "../../src/race/index.ts";
import { raceFinding, racePage, raceText } from "../../src/report/race/index.ts";

function record(scheme: string, seed: number, loss: number): RunRecord {
  const diverged = !Number.isFinite(loss);
  return {
    scheme,
    seed,
    learningRate: 0.1,
    state: diverged ? "diverged" : "finished",
    reason: diverged ? "the loss is NaN" : "20 steps",
    diverged,
    losses: [2, 1],
    evaluations: [
      { step: 0, loss: 2, accuracy: 0.1 },
      { step: 20, loss: diverged ? Number.NaN : loss, accuracy: diverged ? 0 : 0.9 },
    ],
    loss,
    accuracy: diverged ? null : 0.9,
    seconds: 1,
  };
}

const runs = [0, 1, 2, 3, 4].flatMap((seed) => [
  record("auto", seed, 0.1 + 0.01 * seed),
  record("<b>", seed, 0.6 + 0.01 * seed),
  record("lost", seed, Number.POSITIVE_INFINITY),
]);
const result: RaceResult = {
  schema: "epoch0.race/1",
  model: "net.onnx",
  data: {
    name: "digits",
    train: 80,
    test: 20,
    classes: 10,
    loss: "cross-entropy",
    standardised: true,
    input: { mean: 0, variance: 1 },
  },
  settings: {
    schemes: ["auto", "<b>", "lost"],
    learningRates: "auto",
    seeds: 5,
    seed: 0,
    steps: 20,
    batch: 8,
    optimizer: "sgd",
    target: null,
  },
  target: { accuracy: 0.81 },
  stableSteps: [{ scheme: "auto", lambdaMax: 4, error: 0.1, largestStep: 0.5 }],
  runs,
  search: [],
  ranking: rankSchemes(runs, { accuracy: 0.81 }),
};

it("says who is ahead, and never leaves divergence blank", () => {
  expect(raceFinding(result)).toBe("auto is ahead of the rest on digits; lost diverged at every rate");
  const text = raceText(result, { width: 100 });
  const lines = text.split("\n");
  expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
  const row = (scheme: string) => lines.find((line) => new RegExp(`^ +\\d +${scheme} `).test(line))!.split(/\s{2,}/);
  expect(row("auto").slice(1)).toEqual(["1", "auto", "0.100", "0.500", "0.120 ±0.0158", "90.0 ±0.0", "20", "0/5"]);
  expect(row("lost").slice(1)).toEqual(["3", "lost", "0.100", "diverged", "never", "5/5"]);
});

it("makes a page without scripts or requests, names escaped, a panel a scheme", async () => {
  const page = await racePage(result, { command: 'epoch0 race "a<b"' });
  expect(page.match(/<svg/g)).toHaveLength(3);
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|<b>"|<td class="name"><b>/);
  expect(page).toContain("&lt;b&gt;");
  expect(page).toContain("5 of 5 diverged");
});
