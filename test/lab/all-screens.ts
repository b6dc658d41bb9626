/** The eight screens, each in a state that is soon computed, and how to tell that it stands. */

import type { BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { screens } from "../../lab/src/screens.ts";
import type { Lab } from "./browser.ts";

export interface ScreenState {
  readonly name: string;
  readonly link: string;
  /** Figures that are there in the end. */
  readonly figures: number;
}

const states: Readonly<Record<string, { readonly query: string; readonly figures: number }>> = {
  signal: { query: "depth=4&width=16&draws=2&seed=5", figures: 2 },
  neuron: { query: "deviation=40&rule=own&draws=2&seed=3", figures: 1 },
  twins: { query: "start=breath&step=20&seed=2", figures: 2 },
  phase: { query: "weight=1", figures: 2 },
  model: { query: "example=digits&seed=4", figures: 2 },
  rate: { query: "width=4&steps=10&seed=1", figures: 2 },
  race: { query: "depth=2&width=8&c=none&d=none&steps=12&seed=3", figures: 3 },
  choose: { query: "depth=3&activation=tanh", figures: 1 },
};

/** In the order of the navigation; a screen without a state here fails. */
export const allScreens: readonly ScreenState[] = screens.map(({ name }) => {
  const state = states[name];
  if (state === undefined) throw new Error(`test: the screen ${name} has no state in all-screens.ts`);
  return { name, link: `#v1/${name}?${state.query}`, figures: state.figures };
});

const PATIENCE = 60_000;

/** Waits until everything that the screen computes is computed. */
export async function settled(page: Page, { figures }: ScreenState): Promise<void> {
  await page
    .locator("figure")
    .nth(figures - 1)
    .waitFor({ timeout: PATIENCE });
  await expect.poll(() => page.locator("[aria-busy=true]").count(), { timeout: PATIENCE }).toBe(0);
  expect(await page.locator("figure").count()).toBe(figures);
}

export async function openScreen(lab: Lab, screen: ScreenState, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await lab.open(screen.link, options);
  await settled(page, screen);
  return page;
}
