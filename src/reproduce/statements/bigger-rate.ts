/** Whether a bigger learning rate makes up for saturation. */

import { above, decide, logs, summarize } from "../decide.ts";
import { type RateGrid, type RateMap, rateMap, stableSteps } from "../rate-map.ts";
import { type SettingsOf, settled, wholeSetting } from "../settings.ts";
import { BLIND_LOSS, LARGEST_LOSS } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

const settings = {
  width: wholeSetting("units of each hidden layer", [1, 1024]),
  steps: wholeSetting("updates of a training", [1, 100_000]),
  draws: wholeSetting("draws of the weights", [1, 100]),
};

const SIZES: Readonly<Record<ExperimentOptions["size"], Omit<RateGrid, keyof SettingsOf<typeof settings>>>> = {
  full: {
    scales: [0.25, 1, 4, 16, 64, 256],
    rates: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    rows: 512,
    batch: 64,
  },
  quick: { scales: [4, 16, 256], rates: [0.3, 3, 30], rows: 256, batch: 64 },
};
const DEFAULTS = { full: { width: 24, steps: 80, draws: 3 }, quick: { width: 16, steps: 50, draws: 3 } };

/** A column is saturated where three in four hidden units are flat before training; half of them flat does no harm yet. */
const MOST = 0.75;
/** Rescued would be: a best loss within a factor 2 of the best of all. */
const RESCUE = 2;

async function run({ seed, size, signal, onProgress, settings: given = {} }: ExperimentOptions): Promise<Outcome> {
  const grid: RateGrid = { ...SIZES[size], ...settled(settings, DEFAULTS[size], given) };
  let map: RateMap | null = null;
  for await (const part of rateMap(grid, { seed, signal })) {
    map = part;
    onProgress?.(part.done / part.total);
  }
  if (map === null) throw new Error("reproduce: bigger-rate trained nothing");
  return outcomeOf(map, grid, await stableSteps(grid, { seed, signal }));
}

function outcomeOf({ losses, saturated }: RateMap, grid: RateGrid, largestSteps: readonly number[]): Outcome {
  const { scales, rates, steps } = grid;
  const draws = Array.from({ length: grid.draws }, (_, draw) => draw);
  /** Best over the rates, draw by draw. */
  const best = losses.map((column) => draws.map((draw) => Math.min(...column.map((cell) => cell[draw]!))));
  const typical = (cell: readonly number[]) => Math.exp(summarize(logs(cell)).mean);
  const right = best.reduce((low, each, i) => (typical(each) < typical(best[low]!) ? i : low), 0);
  const flat = scales.map((_, i) => i).filter((i) => saturated[i]! > MOST);
  const largest = rates.length - 1;
  const decided = decide({
    written: [
      ...flat.map((i) =>
        above(
          `weights × ${scales[i]}: the best loss of ${rates.length} rates is more than ${RESCUE} times that of weights × ${scales[right]}`,
          logs(best[i]!.map((loss, draw) => loss / best[right]![draw]!)),
          Math.log(RESCUE),
        ),
      ),
      above(
        `weights × ${scales[right]} at rate ${rates[largest]}: the loss ends above that of knowing nothing, ln 10`,
        logs(losses[right]![largest]!),
        Math.log(BLIND_LOSS),
      ),
    ],
  });
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const saturatedBest = flat.map((i) => typical(best[i]!));
  return {
    ...decided,
    finding: `the best of ${rates.length} rates brings weights × ${scales[right]} to a loss of ${typical(best[right]!).toPrecision(2)}, and ${flat.map((i) => `weights × ${scales[i]} (${percent(saturated[i]!)} flat) to ${typical(best[i]!).toPrecision(2)}`).join(", ")}; at rate ${rates[largest]} the good weights end at ${Number(typical(losses[right]![largest]!).toPrecision(2))}`,
    figures: {
      scales,
      rates,
      loss: losses.map((column) => column.map(typical)),
      saturatedShare: saturated,
      largestStableStep: largestSteps,
      rightScale: scales[right]!,
      bestLoss: best.map(typical),
      saturatedBestLoss: saturatedBest,
      blownUpLoss: typical(losses[right]![largest]!),
    },
    charts: [
      {
        kind: "heat",
        title: "No rate rescues the saturated columns, and large rates spoil the good ones",
        x: { label: "scale of the initial weights, times 1/√n", log: true, values: scales },
        y: { label: "learning rate", log: true, values: rates },
        value: { label: `training loss after ${steps} steps`, log: true },
        good: "low",
        line: { label: "2/λ_max", x: scales, y: largestSteps },
        note: "The curve is 2/λ_max, the largest stable step at the initial weights: where units are flat it is smaller, not larger.",
        cells: rates.map((_, k) =>
          losses.map((column) => {
            const loss = typical(column[k]!);
            return loss >= LARGEST_LOSS ? Number.POSITIVE_INFINITY : loss;
          }),
        ),
      },
      {
        kind: "lines",
        title: "Given its best rate, each scale has a loss that it does not get below",
        x: { label: "scale of the initial weights, times 1/√n", log: true },
        y: { label: "loss at the best rate", log: true },
        series: [
          { label: "best of all rates", role: "forward", mark: "both", x: scales, y: best.map(typical) },
          {
            label: "knowing nothing, ln 10",
            role: "theory",
            mark: "line",
            x: [scales[0]!, scales.at(-1)!],
            y: [BLIND_LOSS, BLIND_LOSS],
          },
        ],
      },
    ],
  };
}

export const biggerRate: Experiment = {
  id: "bigger-rate",
  group: "statement",
  title: "A bigger learning rate",
  statement: "A bigger learning rate does not rescue saturated units: those in the right range blow up.",
  source: "the essay; LeCun, Bottou, Orr & Müller 1998, section 4.7",
  formulas: [
    {
      tex: "\\Delta w_{ij}=-\\eta\\,\\sigma'(z_i)\\,e_i\\,a_j,\\qquad \\frac{\\sigma'(0)}{\\sigma'(10)}\\approx 5500",
      text: "Δw = −η·σ′(z)·e·a,   σ′(0)/σ′(10) ≈ 5500",
    },
  ],
  prose: [
    "If a flat slope makes steps too small, why not make the steps larger? Because the slope is not the same everywhere. A rate that moves a unit at z = 10 as far as a good rate moves one at the origin is 5,500 times as large, and the same network has units at the origin, and a last layer with no slope at all. They take the large step as well.",
    "So the map of the loss over weight scale and learning rate has no diagonal along which the one makes up for the other. It has a region: scales at which most units have a slope, and rates below which all of them stay there.",
    "The curvature says the same beforehand. The largest step that is stable at the initial weights is 2/λ_max, with λ_max the largest eigenvalue of the loss’s Hessian. Where most units are flat that step is not larger but ten to a hundred times smaller: the few units that are not flat feed into large weights.",
  ],
  procedure:
    "Three hidden layers of 24 logistic units on 512 digits, 80 steps of 64 rows: six weight scales against eight learning rates, three draws each.",
  settings,
  run,
};
