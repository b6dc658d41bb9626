/** The Choose screen: recipes as the command line makes them, and in a browser. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architecture, commands } from "../../lab/src/screens/choose/command.ts";
import { outcome } from "../../lab/src/screens/choose/compute.ts";
import { recipeOf } from "../../lab/src/screens/choose/recipe.ts";
import { type ChooseState, questions, schema } from "../../lab/src/screens/choose/state.ts";
import { formatLink } from "../../lab/src/state/link.ts";
import { defaults, encode } from "../../lab/src/state/schema.ts";
import { formatNumber } from "../../src/report/number.ts";
import { browserPath, type Lab, openLab } from "./browser.ts";
import { outputOf, written } from "./commands.ts";
import { statesOf } from "./states.ts";

/** Small enough to plan in an instant. */
const small = (state: ChooseState): ChooseState => ({
  ...state,
  depth: Math.min(state.depth, 4),
  width: Math.min(state.width, 32),
});

const command = (state: ChooseState, which: number): Promise<string> =>
  outputOf(`${commands(state)[which] ?? ""}${which === 0 ? "" : " --json"}`);

test("code and numbers are those of the command on the screen, for ten random answers", async () => {
  const seen = new Set<string>();
  for (const random of fc.sample(statesOf(schema), { numRuns: 10, seed: 5 })) {
    const state = small(random);
    const shown = outcome(state);
    seen.add(state.framework);
    expect(shown.code).toBe(await command(state, 0));
    const plan: { layers: unknown; scheme: string; tensors: unknown[] } = JSON.parse(await command(state, 1));
    expect(written(shown.layers)).toEqual(plan.layers);
    expect(plan.scheme).toBe(shown.scheme);
    expect(shown.parameters).toBe(plan.tensors.length);
  }
  expect([...seen].sort()).toEqual(["jax", "keras", "tfjs", "torch"]);
});

test("every combination of answers ends in a recipe", () => {
  const base = { ...defaults(schema), depth: 2, width: 8, inputs: 6, outputs: 3 };
  const asked = new Set<string>();
  for (const build of Object.keys(schema.build.options) as ChooseState["build"][])
    for (const norm of Object.keys(schema.norm.options) as ChooseState["norm"][])
      for (const goal of Object.keys(schema.goal.options) as ChooseState["goal"][])
        for (const residual of [false, true]) {
          const place = residual ? "post" : "pre";
          const cell = ({ solved: "lstm", published: "gru", widen: "rnn" } as const)[goal];
          const state = { ...base, build, norm, goal, residual, place, cell } as const;
          // What is not asked does not matter.
          const key = commands(state).join();
          if (asked.has(key)) continue;
          asked.add(key);
          const { reasons, layers, source } = outcome(state);
          expect([architecture(state), reasons.length > 0, layers.length > 2, source.length > 3]).toEqual([
            architecture(state),
            true,
            true,
            true,
          ]);
        }
});

test("recipes are the published ones where those were asked for", () => {
  const asked = { ...defaults(schema), goal: "published" } as const;
  expect(recipeOf({ ...asked, activation: "relu" }).scheme).toBe("he-normal");
  expect(recipeOf({ ...asked, activation: "tanh" }).scheme).toBe("glorot-uniform");
  expect(recipeOf({ ...asked, activation: "selu" }).scheme).toBe("lecun-normal");
  expect(recipeOf({ ...asked, residual: true }).scheme).toBe("fixup");
  expect(recipeOf({ ...asked, build: "conv", residual: true, norm: "batchnorm" }).scheme).toBe("zero-gamma");
  expect(recipeOf({ ...asked, build: "implicit" }).scheme).toBe("siren");
  expect(recipeOf({ ...asked, build: "transformer" }).scheme).toBe("gpt2");
  expect(recipeOf({ ...asked, build: "transformer", place: "post" }).scheme).toBe("deepnorm");
  expect(recipeOf({ ...asked, build: "recurrent" }).scheme).toBe("keras");
  expect(recipeOf({ ...asked, goal: "widen", base: 96 }).scheme).toBe("mup(96)");
  expect(recipeOf(defaults(schema)).scheme).toBe("auto");
});

test("a question is asked only where its answer matters", () => {
  fc.assert(
    fc.property(statesOf(schema), statesOf(schema), (state, other) => {
      const asked = new Set<string>(questions(state));
      // Fields that are not asked take another's values: nothing changes.
      const hidden = Object.fromEntries(Object.entries(other).filter(([name]) => !asked.has(name)));
      const changed: ChooseState = { ...state, ...hidden };
      expect(commands(changed)).toEqual(commands(state));
    }),
  );
});

describe.skipIf(browserPath === undefined)("Choose", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(async () => {
    expect(await lab.close()).toBe(130);
  });

  test("answers, by keyboard alone, end in a recipe and its code", async () => {
    const page = await lab.open("#v1/choose?depth=4");
    await page.locator("pre").waitFor();
    expect(await page.locator("section h2").first().textContent()).toBe("Scheme auto");
    const goal = page.getByRole("combobox", { name: "What do you want?" });
    for (let presses = 0; presses < 30 && !(await goal.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(/goal=published/);
    await expect
      .poll(() => page.locator("section h2").first().textContent(), { timeout: 30_000 })
      .toBe("Scheme he-normal");
    const keras = page.getByRole("button", { name: "Keras", exact: true });
    for (let presses = 0; presses < 30 && !(await keras.evaluate((it) => it === document.activeElement)); presses++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/framework=keras/);
    await expect.poll(() => page.locator("pre").textContent(), { timeout: 30_000 }).toContain("keras");
    const code = await command({ ...defaults(schema), depth: 4, goal: "published", framework: "keras" }, 0);
    expect(await page.locator("pre").textContent()).toBe(code);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy Keras code" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
    expect(lab.problems).toEqual([]);
  });

  test("a link is the answers, and its numbers are the command's", async () => {
    const state = {
      ...defaults(schema),
      build: "conv",
      depth: 3,
      width: 16,
      norm: "batchnorm",
      residual: true,
    } as const;
    const page = await lab.open(formatLink({ screen: "choose", query: encode(schema, state) }));
    await page.getByRole("button", { name: "Numbers" }).click();
    const { layers }: { layers: { output: { secondMoment: number | string } }[] } = JSON.parse(await command(state, 1));
    const expected = layers.map(({ output }) => formatNumber(Number(output.secondMoment)));
    expect(await page.locator("figure tbody td:nth-child(2)").allTextContents()).toEqual(expected);
    expect(await page.getByRole("checkbox").isChecked()).toBe(true);
    await page.getByRole("combobox", { name: "Normalized?" }).selectOption("none");
    await page.waitForURL(/residual=yes/);
    await expect.poll(() => page.url()).not.toContain("norm=");
    await page.goBack();
    await expect.poll(() => page.getByRole("combobox", { name: "Normalized?" }).inputValue()).toBe("batchnorm");
    expect(lab.problems).toEqual([]);
  });
});
