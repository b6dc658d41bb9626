/** The Neuron screen: its numbers are the command's, its draws bear them out, and the page says so. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architecture, commands } from "../../lab/src/screens/neuron/command.ts";
import { type Drawn, draws, theory } from "../../lab/src/screens/neuron/compute.ts";
import { derivation, texNumber } from "../../lab/src/screens/neuron/derivation.ts";
import { type NeuronState, schema, shown } from "../../lab/src/screens/neuron/state.ts";
import { sentence } from "../../lab/src/screens/neuron/words.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { readLine } from "../../src/formats/line/index.ts";
import { plan } from "../../src/plan/index.ts";
import { formatNumber } from "../../src/report/number.ts";
import { oneOverRootN } from "../../src/reproduce/statements/one-over-root-n.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { outputOf } from "./commands.ts";
import { statesOf } from "./states.ts";

const ε = 2 ** -52;
const start: NeuronState = defaults(schema);

async function sampled(state: NeuronState): Promise<Drawn> {
  let last: Drawn | null = null;
  for await (const part of draws(state, { breathe: async () => {} })) last = part;
  return last!;
}

test("the prediction is the plan's, for any state of a rule that has a name", () => {
  fc.assert(
    fc.property(
      statesOf(schema).filter(({ rule }) => rule !== "own"),
      (state) => {
        const input = { inputMean: state.mean, inputVariance: state.deviation ** 2 };
        const [layer] = plan(readLine(architecture(state)), { scheme: state.rule, ...input }).layers;
        const { variance, saturated, dead } = theory(state);
        // Both multiply the same few numbers, in another order: a handful of roundings.
        expect(Math.abs(variance - layer!.output.secondMoment)).toBeLessThanOrEqual(16 * ε * variance);
        // Shares are found by bisection to 4ε of z, at a density of at most 0.4, from up to four edges.
        expect(Math.abs(saturated - (layer!.saturated ?? Number.NaN))).toBeLessThan(1e-12);
        expect(Math.abs(dead - (layer!.dead ?? Number.NaN))).toBeLessThan(1e-12);
      },
    ),
    { numRuns: 60 },
  );
});

test("the command's own JSON has the numbers of the screen, for ten random states", async () => {
  const named = statesOf(schema).filter(({ rule }) => rule !== "own");
  for (const state of [start, ...fc.sample(named, { numRuns: 10, seed: 4 })]) {
    const { layers } = JSON.parse(await outputOf(commands(state)[0] ?? ""));
    const { variance, saturated } = theory(state);
    expect(formatNumber(layers[0].output.secondMoment)).toBe(formatNumber(variance));
    expect(formatNumber(layers[0].saturated)).toBe(formatNumber(saturated));
  }
});

test("one third, and a slope of 0.232: the numbers of reproduce", async () => {
  const { variance, slope, weightVariance } = theory(start);
  expect(Math.abs(weightVariance - 1 / 192)).toBeLessThan(4 * ε);
  expect(Math.abs(variance - 1 / 3)).toBeLessThan(4 * ε);
  const { figures } = await oneOverRootN.run({ seed: 0, size: "quick" });
  expect(slope).toBe(figures.logisticSlopePredicted);
  expect(slope.toFixed(5)).toBe("0.23200");
  expect(derivation(start, theory(start))[2]?.tex).toContain("64\\cdot 0.00521\\cdot 1.00=\\frac13=0.333");
});

test("draws settle on what is predicted", async () => {
  const ranges = [1, 0.05];
  for (const change of [
    {},
    { slope: 3, n: 16 },
    { activation: "tanh" },
    ...ranges.map((range) => ({ rule: "own", range })),
  ]) {
    const state = { ...start, ...change } as NeuronState;
    const expected = theory(state);
    const drawn = await sampled(state);
    expect(drawn.values).toBe(32 * 64 * 16);
    // A unit's 16 answers share its weights and a draw's 64 units share their inputs. Given the weights, answers have
    // variance |w|²; of 32·64 units and 32·16 inputs, squared lengths of n numbers vary by less than √(2/n) each: relative error of
    // the variance below √(2/32768) + √(2/n)·(1/√2048 + 1/√512).
    const error = Math.sqrt(2 / 32768) + Math.sqrt(2 / state.n) * (1 / Math.sqrt(2048) + 1 / Math.sqrt(512));
    expect(Math.abs(drawn.variance / expected.variance - 1)).toBeLessThan(5 * error);
    // Shares: a binomial's deviation, at most ½/√(independent answers); no fewer than one a unit are independent.
    expect(Math.abs(drawn.saturated - expected.saturated)).toBeLessThan(5 * (0.5 / Math.sqrt(2048)));
    expect(Math.abs(drawn.shares.reduce((sum, share) => sum + share, 0) - 1)).toBeLessThan(2e-3);
  }
});

test("what is not normalized is said: a mean that drowns the inputs, units in the flat parts", async () => {
  const years: NeuronState = { ...start, mean: 80, deviation: 15, draws: 2 };
  expect(sentence(years, theory(years), await sampled(years))).toContain(
    "The inputs' mean drowns them: 97 % of that variance".replace(" %", "\u00a0%"),
  );
  expect(sentence(start, theory(start), null)).not.toContain("drowns");
  const still: NeuronState = { ...start, mean: 0, deviation: 0, draws: 1 };
  expect(theory(still)).toMatchObject({ variance: 0, slope: 0.25, saturated: 0 });
  expect((await sampled(still)).variance).toBe(0);
});

test("fields without a meaning are not shown, and numbers in formulas are TeX", () => {
  expect(shown(start)).not.toContain("range");
  expect(shown({ ...start, rule: "own" })).toContain("range");
  expect(shown({ ...start, activation: "relu" })).not.toContain("slope");
  expect(texNumber(5.21e-5)).toBe("5.21\\cdot10^{-5}");
});

describe.skipIf(browserPath === undefined)("Neuron", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("opens on the 1/√n rule at one third, and says what pixels do to it", async () => {
    const page = await lab.open("#v1/neuron");
    await page.locator("[aria-busy=false]").waitFor();
    expect(await page.locator("figure p.verdict").textContent()).toContain("variance 0.333, predicted");
    await page.locator(".katex").nth(2).waitFor();
    await page.getByRole("link", { name: "pixels 0…255 of MNIST" }).click();
    await expect
      .poll(() => page.locator("figure h2").textContent(), { timeout: 30_000 })
      .toMatch(/of the units are saturated/);
    await page.waitForURL(/mean=33.32&deviation=78.57/);
    await page.goBack();
    await expect.poll(() => page.locator("figure h2").textContent(), { timeout: 30_000 }).toMatch(/sit on the slope/);
    expect(lab.problems).toEqual([]);
  });

  test("works by keyboard alone, and a link is the state", async () => {
    const page = await lab.open("#v1/neuron?n=16&draws=1&seed=3");
    const slider = page.getByRole("slider", { name: "Slope β" });
    await page.locator("figure").waitFor();
    for (let presses = 0; presses < 20 && !(await slider.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.waitForURL(/slope=1\.1/);
    expect(page.url()).toContain("n=16&draws=1&seed=3");
    expect(await page.locator(".command code").first().textContent()).toMatch(/"16 > 64 nobias logistic\(1\.1\d*\)"/);
    expect(lab.problems).toEqual([]);
  });
});
