/** The order of a race: curvature, a learning rate for each scheme from one grid, then every seed at that rate. */

import type { Task } from "./data/index.ts";
import { commonTarget, rankSchemes } from "./ranking.ts";
import type { Job, Outcome, RaceResult, RaceSettings, RunRecord, StableStep } from "./types.ts";

/** Does jobs, several at a time where it can; a job that was done before is not done again. */
export type Execute = (job: Job) => Promise<Outcome>;

/** Rates of the grid, two a decade: 10^(i/2). */
const gridRate = (index: number) => Number((10 ** (index / 2)).toPrecision(3));
const GRID = { least: -12, most: 6 } as const;
/** Rates tried for one scheme at most. */
const MOST_TRIES = 8;
/** Where Adam starts: its steps do not depend on the loss's curvature (Kingma & Ba 2015). */
const ADAM_START = 1e-3;

export interface RaceNotes {
  /** Runs that will have been done, as far as known. */
  readonly onExpected?: (runs: number) => void;
}

/**
 * Trains every scheme from `seeds` draws and ranks them.
 *
 * With rates "auto", each scheme walks the same grid (two rates a decade) from 2/λ_max of its first draw to where the
 * loss on the rows held out is lowest with a worse rate on either side; with a list, each scheme tries all of it. Every
 * rate is tried from the first seed; ties go to the smaller rate.
 */
export async function race(
  execute: Execute,
  model: string,
  task: Task,
  settings: RaceSettings,
  { onExpected }: RaceNotes = {},
): Promise<RaceResult> {
  const { schemes, seeds, seed } = settings;
  const expected = new Map(schemes.map((scheme) => [scheme, firstGuess(settings)]));
  const expect = (scheme: string, runs: number) => {
    expected.set(scheme, runs);
    onExpected?.([...expected.values()].reduce((sum, n) => sum + n, 0));
  };
  const run = async (scheme: string, each: number, learningRate: number): Promise<RunRecord> => {
    const outcome = await execute({ kind: "run", scheme, seed: each, learningRate });
    if (outcome.kind !== "run") throw new Error(`race: a run of ${scheme} came back as ${outcome.kind}`);
    return outcome.record;
  };
  const stableSteps: StableStep[] = [];
  const search: RunRecord[] = [];
  const racing = schemes.map(async (scheme) => {
    const tried = new Map<number, RunRecord>();
    const attempt = async (learningRate: number) => {
      const found = tried.get(learningRate) ?? (await run(scheme, seed, learningRate));
      tried.set(learningRate, found);
      expect(scheme, Math.max(firstGuess(settings), tried.size + seeds - 1));
      return found;
    };
    if (settings.learningRates === "auto") {
      const start = await startIndex(execute, scheme, settings, stableSteps);
      await climb(start, (index) => attempt(gridRate(index)));
    } else await Promise.all(settings.learningRates.map(attempt));
    const best = bestOf([...tried.values()]);
    search.push(...[...tried.values()].filter((record) => record !== best));
    expect(scheme, tried.size + seeds - 1);
    const rest = Array.from({ length: seeds - 1 }, (_, i) => run(scheme, seed + 1 + i, best.learningRate));
    return [best, ...(await Promise.all(rest))];
  });
  const runs = (await Promise.all(racing)).flat();
  const target = commonTarget(runs, settings.target, task.classes > 0);
  const order = new Map(schemes.map((scheme, i) => [scheme, i]));
  const inOrder = <Row extends { readonly scheme: string }>(rows: readonly Row[]) =>
    [...rows].sort((a, b) => order.get(a.scheme)! - order.get(b.scheme)!);
  return {
    schema: "epoch0.race/1",
    model,
    data: {
      name: task.name,
      train: task.train.count,
      test: task.test.count,
      classes: task.classes,
      loss: task.loss,
      standardised: task.standardised,
      input: task.input,
    },
    settings,
    target,
    stableSteps: inOrder(stableSteps),
    runs,
    search: inOrder(search),
    ranking: rankSchemes(runs, target),
  };
}

function firstGuess({ learningRates, seeds }: RaceSettings): number {
  return (learningRates === "auto" ? 4 : learningRates.length) + seeds - 1;
}

async function startIndex(
  execute: Execute,
  scheme: string,
  { optimizer }: RaceSettings,
  found: StableStep[],
): Promise<number> {
  if (optimizer === "adam") return indexBelow(ADAM_START);
  const outcome = await execute({ kind: "sharpness", scheme });
  if (outcome.kind !== "sharpness") throw new Error(`race: the curvature of ${scheme} came back as ${outcome.kind}`);
  found.push(outcome.step);
  // Momentum 0.9 sums ten steps (Polyak 1964): the same way is a tenth of the rate.
  return indexBelow(outcome.step.largestStep * (optimizer === "momentum" ? 0.1 : 1));
}

/** Of the largest rate on the grid that is not above this one; within the grid. */
function indexBelow(rate: number): number {
  const index = Number.isFinite(rate) && rate > 0 ? Math.floor(2 * Math.log10(rate) + 1e-9) : 0;
  return Math.min(GRID.most, Math.max(GRID.least, index));
}

/** Downhill from the start, one way and then the other, until both neighbours of the best are known to be worse. */
async function climb(start: number, attempt: (index: number) => Promise<RunRecord>): Promise<void> {
  const losses = new Map<number, number>();
  const at = async (index: number) => {
    const loss = losses.get(index) ?? (await attempt(index)).loss;
    losses.set(index, loss);
    return loss;
  };
  let best = start;
  await at(best);
  while (losses.size < MOST_TRIES) {
    const open = [best + 1, best - 1].find((i) => i >= GRID.least && i <= GRID.most && !losses.has(i));
    if (open === undefined) return;
    const [loss, low] = [await at(open), await at(best)];
    // Where everything diverges, only smaller rates can help.
    if (loss < low || (loss === low && open < best)) best = open;
  }
}

function bestOf(records: readonly RunRecord[]): RunRecord {
  return records.reduce((best, each) =>
    each.loss < best.loss || (each.loss === best.loss && each.learningRate < best.learningRate) ? each : best,
  );
}
