/** The Race screen's work: the runs of `epoch0 race`, all of them side by side, one step at a time. */

import { readCsv } from "../../../../src/formats/data/index.ts";
import { readLine } from "../../../../src/formats/line/index.ts";
import type { Model } from "../../../../src/model/types.ts";
import { createRunner, type Dataset, fitTask, type RaceSettings, type Task } from "../../../../src/race/index.ts";
import { computeOnOneThread } from "../../work/one-thread.ts";
import type { Conversation } from "../../work/protocol.ts";
import { type Boundary, boundaryOf, type Extent, extentOf } from "./boundary.ts";
import { architecture, SIZES, type Sizes } from "./command.ts";
import { type RunView, startRun } from "./run.ts";
import { type RaceState, schemesOf } from "./state.ts";

export interface RaceRequest {
  readonly state: RaceState;
  /** The person's own file, where `state.data` asks for it. */
  readonly file: { readonly name: string; readonly text: string } | null;
}

/** Rows to learn from, where they have two coordinates: for the drawing. */
export interface Points {
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
  readonly extent: Extent;
}

export type RacePart =
  | {
      readonly kind: "opened";
      readonly sizes: Sizes & { readonly name: string };
      readonly line: string;
      readonly train: number;
      readonly test: number;
      readonly points: Points | null;
    }
  | {
      readonly kind: "frame";
      /** Steps made by those that are still in the race. */
      readonly step: number;
      readonly runs: readonly RunView[];
      readonly boundaries: readonly (Boundary | null)[];
      readonly over: boolean;
    };

/** More classes than this have no colours of their own in the drawing. */
const MOST_COLOURS = 3;
/** From one picture to the next while the race goes as quickly as it can: this long, and pictures take a fifth of the time. */
const FRAME_MS = 80;
const FRAME_SHARE = 1 / 5;

function open({ state, file }: RaceRequest): {
  readonly sizes: Sizes & { name: string };
  readonly dataset: Dataset | null;
} {
  if (state.data !== "file") return { sizes: { name: state.data, ...SIZES[state.data] }, dataset: null };
  if (file === null) throw new Error("Choose a CSV file: numbers, and a column of labels.");
  const { inputs, shape, labels, classes } = readCsv(file.text, { name: file.name });
  const [count = 0, features = 0] = shape;
  if (labels === null) throw new Error(`${file.name}: no labels, name a column "label" or give words in the last one.`);
  if (count < 10) throw new Error(`${file.name}: ${count} rows are too few to learn from, give ten or more.`);
  const dataset = { name: file.name, count, inputs, shape: [features], labels, classes };
  return { sizes: { name: file.name, features, classes: classes.length }, dataset };
}

function pointsOf({ train }: Task, { features, classes }: Sizes): Points | null {
  const { inputs, targets } = train;
  if (features !== 2 || classes > MOST_COLOURS) return null;
  if (!(inputs instanceof Float32Array && targets instanceof Int32Array)) return null;
  return { inputs, labels: targets, extent: extentOf(inputs) };
}

/**
 * Trains all schemes in step. The page says how far to go (`tell(step)`): pause, one step and any speed are its doing; a
 * scheme that has diverged or finished stays where it is.
 */
export async function* race(request: RaceRequest, context: Conversation): AsyncGenerator<RacePart> {
  computeOnOneThread();
  const { state } = request;
  const { sizes, dataset } = open(request);
  const line = architecture(state, sizes);
  const model: Model = readLine(line, { batch: state.batch });
  const source = dataset ?? (state.data === "file" ? "spirals" : state.data);
  const task = fitTask(model, source, { seed: state.seed, standardise: state.standardise });
  const points = pointsOf(task, sizes);
  yield { kind: "opened", sizes, line, train: task.train.count, test: task.test.count, points };

  const schemes = schemesOf(state);
  const settings: RaceSettings = {
    schemes,
    learningRates: [state.rate],
    seeds: 1,
    seed: state.seed,
    steps: state.steps,
    batch: state.batch,
    optimizer: state.optimizer,
    target: null,
  };
  const stop = new AbortController();
  const runners: Awaited<ReturnType<typeof createRunner>>[] = [];
  try {
    const runs: ReturnType<typeof startRun>[] = [];
    for (const scheme of schemes) {
      await context.breathe();
      const runner = await createRunner(model, task, { ...settings, schemes: [scheme] });
      runners.push(runner);
      runs.push(startRun(runner, model, { scheme, seed: state.seed, learningRate: state.rate }, stop.signal));
    }
    const frame = (step: number): RacePart => ({
      kind: "frame",
      step,
      runs: runs.map((run) => run.view()),
      boundaries: runs.map((run) => {
        const weights = run.weights();
        return points === null || weights === null ? null : boundaryOf(model, weights, points.extent);
      }),
      over: runs.every((run) => run.over()),
    });
    for (const run of runs) await run.next();
    yield frame(0);
    let due = performance.now() + FRAME_MS;
    for (let step = 0; ; ) {
      const goal = Number(context.told() ?? 0);
      if (step >= goal) {
        await context.hear();
        continue;
      }
      for (const run of runs) await run.next();
      step++;
      const over = runs.every((run) => run.over());
      if (over || step >= Number(context.told() ?? 0) || performance.now() > due) {
        const began = performance.now();
        yield frame(step);
        due = performance.now() + Math.max(FRAME_MS, (performance.now() - began) / FRAME_SHARE);
      } else await context.breathe();
      if (over) return;
    }
  } finally {
    stop.abort(new Error("the person has moved on"));
    for (const runner of runners) runner.dispose();
  }
}
