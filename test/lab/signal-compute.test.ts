/** The Signal screen's numbers: theory as the command prints it, draws as the library's own executor measures them. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { measureDraw } from "../../lab/src/network/pass.ts";
import { architecture, commands } from "../../lab/src/screens/signal/command.ts";
import { type Draws, draws, theories } from "../../lab/src/screens/signal/compute.ts";
import { type SignalState, schema } from "../../lab/src/screens/signal/state.ts";
import { defaults } from "../../lab/src/state/schema.ts";
import { readLine } from "../../src/formats/index.ts";
import { initialize } from "../../src/materialize/index.ts";
import { plan } from "../../src/plan/index.ts";
import { measureSignals } from "../../src/run/index.ts";
import { outputOf, written } from "./commands.ts";
import { statesOf } from "./states.ts";

const context = { breathe: async () => {} };

test("the theory is what the command on the screen prints, for random states", async () => {
  for (const state of fc.sample(statesOf(schema), { numRuns: 10, seed: 3 })) {
    const shown = { ...state, depth: Math.min(state.depth, 20) };
    const { layers } = JSON.parse(await outputOf(commands(shown)[0] ?? ""));
    expect(written(theories(shown)[0].layers)).toEqual(layers);
  }
});

test("a draw measures what the library's executor measures", async () => {
  for (const block of ["plain", "residual", "layernorm", "batchnorm", "pre-norm"] as const) {
    const line = architecture({ depth: 4, width: 12, activation: "gelu", block, bias: true });
    const model = readLine(line, { batch: 16 });
    const made = plan(model, { scheme: "torch" });
    const weights = initialize(made, { seed: 3 });
    const here = await measureDraw(model, weights, { seed: 1, draw: 0, breathe: context.breathe });
    const there = await measureSignals(model, { weights: () => weights, seed: 1, draws: 1 });
    made.layers.forEach(({ node }, i) => {
      const signal = there.signals.get(node);
      // Ten float32 operations of 12 or 16 terms each, there and back: 10·16·2⁻²⁴ ≈ 1e-5.
      expect(here.forward[i]! / (signal?.secondMoment.mean ?? Number.NaN)).toBeCloseTo(1, 4);
      expect(here.gradient[i]! / (signal?.gradientSecondMoment.mean ?? Number.NaN)).toBeCloseTo(1, 4);
    });
  }
});

async function last(state: SignalState): Promise<Draws> {
  let seen: Draws | undefined;
  for await (const part of draws(state, context)) seen = part;
  if (seen === undefined) throw new Error("nothing was drawn");
  return seen;
}

test("draws settle around the theory, and the same state draws the same", async () => {
  const state = { ...defaults(schema), depth: 6, width: 64, draws: 12 };
  const { count, schemes } = await last(state);
  expect(count).toBe(12);
  expect((await last(state)).schemes).toEqual(schemes);
  schemes.forEach((measured, i) => {
    const { layers } = theories(state)[i]!;
    measured.forward.mean.forEach((mean, layer) => {
      // ln of one draw spreads by √(Σ c/n) ≤ √(6·5/64) = 0.7 (Hanin 2018); of twelve by 0.2; four standard errors.
      expect(Math.abs(Math.log(mean / layers[layer]!.output.secondMoment))).toBeLessThan(0.8);
      expect(measured.forward.low[layer]!).toBeLessThanOrEqual(measured.forward.high[layer]!);
    });
    for (const { shares } of measured.histograms) expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });
});
