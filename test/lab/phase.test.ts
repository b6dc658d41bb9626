/** The Phase screen: its map agrees with the exact fixed points, its numbers are the command's, and the point moves. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../lab/src/screens/phase/command.ts";
import { map, point } from "../../lab/src/screens/phase/compute.ts";
import {
  biasAt,
  COLUMNS,
  ROWS,
  shadeOf,
  shareOfBias,
  shareOfWeight,
  weightAt,
} from "../../lab/src/screens/phase/plane.ts";
import { type PhaseState, STARTS, schema } from "../../lab/src/screens/phase/state.ts";
import { criticalWords, pathWords, phaseOf, titleOf } from "../../lab/src/screens/phase/words.ts";
import { commands as signalCommands } from "../../lab/src/screens/signal/command.ts";
import { schema as signal } from "../../lab/src/screens/signal/state.ts";
import { decode, defaults } from "../../lab/src/state/schema.ts";
import { activationByName, attractor } from "../../src/activation/index.ts";
import { formatNumber } from "../../src/report/number.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { outputOf } from "./commands.ts";
import { statesOf } from "./states.ts";

const start: PhaseState = defaults(schema);

/** What the command of a state says. */
const said = async (state: PhaseState) => JSON.parse(await outputOf(commands(state)[0] ?? ""));

test("tanh at σ_b² = 0.05 is critical at σ_w² = 1.76095, q* = 0.57005: said on the screen, equal to the command's", async () => {
  const answer = await point(start);
  expect(criticalWords(answer, 0.05)).toContain("n·Var(W) = 1.76095, where the signal rests at q* = 0.570048");
  const { critical } = await said(start);
  expect(answer.critical).toEqual(critical);
});

test("critical points are the command's, for ten random states", async () => {
  for (const state of fc.sample(statesOf(schema), { numRuns: 10, seed: 3 })) {
    const asked = { ...state, expression: "x*sigmoid(1.5*x)" };
    const { critical } = await said(asked);
    expect((await point({ ...asked, depth: 5 })).critical).toEqual(critical);
  }
});

test("the map is what the exact fixed points give", async () => {
  for (const activation of ["tanh", "gelu", "logistic"] as const) {
    const exact = activationByName(activation);
    const { plane, chi } = await map({ ...start, activation });
    for (const [row, column] of [
      [5, 20],
      [40, 60],
      [70, 110],
      [20, 90],
    ] as const) {
      const [weight, bias] = [weightAt(plane, (column + 0.5) / COLUMNS), biasAt((row + 0.5) / ROWS)];
      const fixed = attractor(exact, { weightVariance: weight, biasVariance: bias });
      // Where a signal grows without end the map shows the slope of the outer parts.
      if (fixed === null) continue;
      // Linear between table points a factor 10^(1/24) apart: ≤ (ln 10/24)²/8 = 0.12 % of the second derivative by ln q, which for q,
      // E[φ²] and E[φ'²] is of the size of the value or a few times it.
      expect(Math.abs(Math.log(chi[row * COLUMNS + column]! / fixed.chi))).toBeLessThan(0.01);
    }
  }
});

test("below the line pairs merge, above it they part, on it they last", async () => {
  const at = (weight: number) => point({ ...start, weight, depth: 200 });
  const [ordered, critical, chaotic] = [await at(0.8), await at(1.76095), await at(5)];
  expect([ordered, critical, chaotic].map(phaseOf)).toEqual(["ordered", "critical", "chaotic"]);
  expect(ordered.correlationScale).toBeGreaterThan(0);
  expect(pathWords(ordered)).toMatch(/forgotten which input/);
  expect(pathWords(chaotic)).toMatch(/near inputs have parted/);
  expect(titleOf(chaotic)).toMatch(/^Chaotic/);
  // At χ₁ = 1 the distance to 1 falls as 1/layer, not exponentially: after 200 layers it is still there.
  expect(critical.paths[0]!.at(-1)).toBeGreaterThan(0.8);
  expect(critical.paths[0]!.at(-1)).toBeLessThan(0.995);
  expect(critical.paths.map((path) => path[0])).toEqual([...STARTS]);
});

test("what grows or dies is said, and a typed activation is known by its name or refused in a line", async () => {
  expect(pathWords(await point({ ...start, activation: "relu", weight: 3 }))).toContain("grows without end");
  expect(pathWords(await point({ ...start, weight: 0.5, bias: 0 }))).toContain("dies out");
  const typed = { ...start, activation: "expression" as const };
  expect((await map({ ...typed, expression: "x*sigmoid(x)" })).recognised).toBe("silu");
  for (const expression of ["", "x +", "y", "x.constructor"]) {
    const error = await map({ ...typed, expression }).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain("\n");
  }
});

test("places and numbers of the plane belong together", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
      // A logarithm of numbers up to 400, or a square root, each right to an ulp or two.
      expect(Math.abs(shareOfWeight([0.05, 400], weightAt([0.05, 400], share)) - share)).toBeLessThan(1e-14);
      expect(Math.abs(shareOfBias(biasAt(share)) - share)).toBeLessThan(1e-14);
    }),
  );
  expect([shadeOf(1), shadeOf(1e-12), shadeOf(100), shadeOf(Number.NaN)]).toEqual([0, -1, 1, 0]);
});

describe.skipIf(browserPath === undefined)("Phase map", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("the arrows and a click move the point, the button puts it on the line, and the link follows", async () => {
    const page = await lab.open("#v1/phase");
    const area = page.getByRole("application");
    await area.waitFor();
    for (let presses = 0; presses < 25 && !(await area.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    await page.waitForURL(/weight=2\.\d+/);
    await area.click({ position: { x: 80, y: 60 } });
    await expect.poll(() => page.locator("figure h2").first().textContent(), { timeout: 30_000 }).toMatch(/^Ordered/);
    await page.goto(`${lab.url}#v1/phase`);
    await page.getByRole("button", { name: "Go to the critical point" }).click();
    await page.waitForURL(/weight=1\.76095/);
    await expect
      .poll(() => page.locator("figure h2").first().textContent(), { timeout: 30_000 })
      .toMatch(/^On the edge of chaos/);
    expect(lab.problems).toEqual([]);
  });

  test("a click chooses the network of the Signal screen, by link, by double click and by keyboard, with the command's numbers", async () => {
    const page = await lab.open("#v1/phase?activation=gelu&weight=3&bias=0.2");
    const area = page.getByRole("application");
    await area.waitFor();
    await area.click({ position: { x: 200, y: 160 } });
    await page.waitForURL((url) => !url.hash.includes("weight=3&"));
    const asked = decode(schema, page.url().split("?")[1] ?? "").state;
    await page.getByRole("link", { name: /in the Signal screen/ }).click();
    await page.waitForURL(/v1\/signal/);
    const state = decode(signal, page.url().split("?")[1] ?? "").state;
    expect(state).toMatchObject({
      activation: "gelu",
      scheme: "mean-field",
      weightVariance: asked.weight,
      biasVariance: asked.bias,
    });
    const shown = page.getByRole("spinbutton", { name: "σ_b²" });
    await expect.poll(() => shown.inputValue()).toBe(String(asked.bias));
    // Both pictures' numbers: the first is the chosen point's.
    await page.locator("figure").nth(1).waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Numbers" }).first().click();
    const [command = ""] = signalCommands(state);
    const { layers }: { layers: { output: { secondMoment: number } }[] } = JSON.parse(await outputOf(command));
    const cells = page.locator("figure").first().locator("tbody td:nth-child(2)");
    await expect
      .poll(() => cells.allTextContents(), { timeout: 30_000 })
      .toEqual(layers.map(({ output }) => formatNumber(output.secondMoment)));

    await page.goto(`${lab.url}#v1/phase?weight=3`);
    await area.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL((url) => !url.hash.endsWith("weight=3"));
    const moved = decode(schema, page.url().split("?")[1] ?? "").state;
    await page.keyboard.press("Enter");
    await page.waitForURL(/v1\/signal/);
    expect(decode(signal, page.url().split("?")[1] ?? "").state.weightVariance).toBe(moved.weight);

    await page.goto(`${lab.url}#v1/phase?weight=3`);
    await area.dblclick({ position: { x: 120, y: 160 } });
    await page.waitForURL(/v1\/signal\?.*scheme=mean-field/);
    expect(lab.problems).toEqual([]);
  });

  test("an expression is drawn, a wrong one is said in a line, and mathjs comes only then", async () => {
    const page = await lab.open("#v1/phase");
    await page.locator("figure").first().waitFor();
    const before = lab.requests.size;
    await page.goto(`${lab.url}#v1/phase?activation=expression&expression=x*sigmoid(x)`);
    await expect
      .poll(() => page.locator("figure figcaption").first().textContent(), { timeout: 30_000 })
      .toContain("(silu)");
    expect(lab.requests.size).toBeGreaterThan(before);
    await page.getByRole("textbox").fill("x*sigmund(x)");
    await expect.poll(() => page.getByRole("alert").textContent(), { timeout: 30_000 }).toContain("sigmund");
    await page.getByRole("textbox").fill("tanh(x)");
    await expect.poll(() => page.getByRole("alert").count(), { timeout: 30_000 }).toBe(0);
    expect(lab.problems).toEqual([]);
  });
});
