/** Whether a bigger learning rate makes up for saturation. */

import { sharpness } from "../../run/index.ts";
import { standardDigits } from "../data.ts";
import { above, decide, logs, summarize } from "../decide.ts";
import { drawNetwork, rootN } from "../networks.ts";
import { hiddenSlopes } from "../slopes.ts";
import { BLIND_LOSS, createRunner } from "../training.ts";
import type { Experiment, ExperimentOptions, Outcome } from "../types.ts";

function settingOf(size: ExperimentOptions["size"]) {
  return size === "full"
    ? {
        scales: [0.25, 1, 4, 16, 64, 256],
        rates: [0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
        seeds: 3,
        steps: 80,
        rows: 512,
        batch: 64,
        width: 24,
      }
    : { scales: [4, 16, 256], rates: [0.3, 3, 30], seeds: 3, steps: 50, rows: 256, batch: 64, width: 16 };
}

/** A column is saturated where three in four hidden units are flat before training; half of them flat does no harm yet. */
const MOST = 0.75;
/** Rescued would be: a best loss within a factor 2 of the best of all. */
const RESCUE = 2;
/** Beyond this a loss is only "diverged". */
const LARGEST_LOSS = 1e6;

/** Hessian-vector products for the largest eigenvalue. */
const PRODUCTS = 20;

/** Final loss by [scale][rate][seed]. */
type Grid = number[][][];

async function run({ seed, size, signal, onProgress }: ExperimentOptions): Promise<Outcome> {
  const setting = settingOf(size);
  const { scales, rates, seeds, steps, rows, batch, width } = setting;
  const data = standardDigits(rows);
  const runner = await createRunner(`64 > ${width} logistic x3 > 10`, { data, batch, signal });
  const drawn = (scale: number, draw: number) => drawNetwork(runner.model, rootN(scale), BigInt(seed) + BigInt(draw));
  const grid: Grid = [];
  let done = 0;
  try {
    for (const scale of scales) {
      const column: number[][] = [];
      for (const learningRate of rates) {
        const losses: number[] = [];
        for (let draw = 0; draw < seeds; draw++) {
          const { loss } = await runner.run({ weights: drawn(scale, draw), learningRate, steps });
          losses.push(Math.min(loss, LARGEST_LOSS));
          onProgress?.(++done / (scales.length * rates.length * seeds));
        }
        column.push(losses);
      }
      grid.push(column);
    }
    const slopes = await hiddenSlopes(
      runner.model,
      data,
      scales.map((scale) => drawn(scale, 0)),
    );
    const largestSteps: number[] = [];
    for (const scale of scales) {
      signal?.throwIfAborted();
      const weights = drawn(scale, 0);
      const found = await sharpness(runner.model, data, { weights, loss: "cross-entropy", seed, products: PRODUCTS });
      largestSteps.push(found.largestStep);
    }
    return outcomeOf({ grid, saturated: slopes.map(({ saturated }) => saturated), largestSteps, setting });
  } finally {
    runner.dispose();
  }
}

interface Mapped {
  readonly grid: Grid;
  /** Share of flat hidden units, and 2/λ_max of the loss, by scale. */
  readonly saturated: readonly number[];
  readonly largestSteps: readonly number[];
  readonly setting: ReturnType<typeof settingOf>;
}

function outcomeOf({ grid, saturated, largestSteps, setting }: Mapped): Outcome {
  const { scales, rates, seeds, steps } = setting;
  const draws = Array.from({ length: seeds }, (_, draw) => draw);
  /** Best over the rates, draw by draw. */
  const best = grid.map((column) => draws.map((draw) => Math.min(...column.map((losses) => losses[draw]!))));
  const typical = (losses: readonly number[]) => Math.exp(summarize(logs(losses)).mean);
  const right = best.reduce((low, losses, i) => (typical(losses) < typical(best[low]!) ? i : low), 0);
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
        logs(grid[right]![largest]!),
        Math.log(BLIND_LOSS),
      ),
    ],
  });
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const saturatedBest = flat.map((i) => typical(best[i]!));
  return {
    ...decided,
    finding: `the best of ${rates.length} rates brings weights × ${scales[right]} to a loss of ${typical(best[right]!).toPrecision(2)}, and ${flat.map((i) => `weights × ${scales[i]} (${percent(saturated[i]!)} flat) to ${typical(best[i]!).toPrecision(2)}`).join(", ")}; at rate ${rates[largest]} the good weights end at ${Number(typical(grid[right]![largest]!).toPrecision(2))}`,
    figures: {
      scales,
      rates,
      loss: grid.map((column) => column.map(typical)),
      saturatedShare: saturated,
      largestStableStep: largestSteps,
      rightScale: scales[right]!,
      bestLoss: best.map(typical),
      saturatedBestLoss: saturatedBest,
      blownUpLoss: typical(grid[right]![largest]!),
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
          grid.map((column) => {
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
  run,
};
