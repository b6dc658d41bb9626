/** Many short runs of one network from different weights and rates, over one compiled step. */

import type { Model } from "../model/types.ts";
import { createTrainer, type Loss, type RunResult, runTraining, type Score, type Weights } from "../run/index.ts";
import type { DigitSamples } from "./data.ts";
import { network } from "./networks.ts";

export interface Runner {
  readonly model: Model;
  readonly run: (options: {
    readonly weights: Weights;
    readonly learningRate: number;
    readonly steps: number;
    /** Stops once the training loss is this low. */
    readonly until?: number;
  }) => Promise<Run>;
  /**
   * Updates on all rows until the loss is below the target, a fraction of the last one by interpolation of the logarithm;
   * Infinity where `most` were not enough or the loss left the finite numbers.
   */
  readonly stepsTo: (
    target: number,
    options: { readonly weights: Weights; readonly learningRate: number; readonly most: number },
  ) => Promise<number>;
  readonly dispose: () => void;
}

export interface Run {
  readonly state: RunResult["state"];
  /** Updates made. */
  readonly steps: number;
  /** Of the batch before each update. */
  readonly losses: readonly number[];
  /** Over all data, after the last update; Infinity where the run diverged. */
  readonly loss: number;
  readonly accuracy: number;
  readonly weights: Weights;
}

export interface RunnerOptions {
  readonly data: DigitSamples;
  /** Rows of one update; all of them where it is the number of rows. */
  readonly batch: number;
  readonly loss?: Loss;
  readonly momentum?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A loss this many times the first is no learning curve any more. */
const DIVERGENCE = 1e6;

/**
 * A network that can be trained again and again. All runs meet the same rows in the same order.
 *
 * @example
 * const runner = await createRunner("64 > 32 tanh > 10", { data, batch: 64 });
 * await runner.run({ weights: drawNetwork(runner.model, rootN(), 0), learningRate: 0.1, steps: 100 });
 */
export async function createRunner(
  line: string,
  { data, batch, loss = "cross-entropy", momentum = 0, signal }: RunnerOptions,
): Promise<Runner> {
  const model = network(line, batch);
  const start = new Map(
    [...model.parameters.values()].map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((total, size) => total * size, 1)),
    ]),
  );
  const trainer = await createTrainer(model, {
    weights: start,
    loss,
    optimizer: { kind: "sgd", learningRate: 1, momentum },
  });
  return {
    model,
    async run({ weights, learningRate, steps, until }) {
      signal?.throwIfAborted();
      trainer.reset(weights, { learningRate });
      const result = await runTraining(trainer, data, {
        steps,
        batch: batch === data.count ? "full" : batch,
        seed: 0,
        divergence: DIVERGENCE,
        ...(signal === undefined ? {} : { signal }),
        ...(until === undefined ? {} : { evaluate: { data, every: 5 }, until: { loss: until } }),
      });
      signal?.throwIfAborted();
      const score: Score =
        result.state === "diverged"
          ? { loss: Number.POSITIVE_INFINITY, accuracy: Number.NaN }
          : (result.evaluations.at(-1) ?? (await trainer.evaluate(data)));
      return {
        state: result.state,
        steps: result.step,
        losses: result.losses,
        loss: Number.isFinite(score.loss) ? score.loss : Number.POSITIVE_INFINITY,
        accuracy: score.accuracy,
        weights: await trainer.weights(),
      };
    },
    async stepsTo(target, { weights, learningRate, most }) {
      trainer.reset(weights, { learningRate });
      let before = Number.POSITIVE_INFINITY;
      for (let step = 0; step <= most; step++) {
        signal?.throwIfAborted();
        const { loss: now } = await trainer.step(data);
        if (!(now < DIVERGENCE)) break;
        if (now < target) return step === 0 ? 0 : step - 1 + Math.log(before / target) / Math.log(before / now);
        before = now;
      }
      return Number.POSITIVE_INFINITY;
    },
    dispose: () => trainer.dispose(),
  };
}

/** The loss of knowing nothing but that there are ten classes. */
export const BLIND_LOSS = Math.log(10);

export interface Tuned {
  /** The learning rate with the lowest final loss from the first draw: one for the scheme, not one a draw. */
  readonly rate: number;
  /** One a draw, at that rate. */
  readonly runs: readonly Run[];
}

export interface TuneOptions {
  readonly weights: (draw: number) => Weights;
  readonly draws: number;
  readonly rates: readonly number[];
  readonly steps: number;
  readonly onRun?: () => void;
}

/** What a run that diverged counts as when losses are averaged. */
export const LARGEST_LOSS = 1e6;

/** Trains from the first draw at each rate and from the others at the best: a scheme is judged at the rate that suits it. */
export async function tune(runner: Runner, { weights, draws, rates, steps, onRun }: TuneOptions): Promise<Tuned> {
  let best: { readonly rate: number; readonly run: Run } | null = null;
  for (const rate of rates) {
    const run = await runner.run({ weights: weights(0), learningRate: rate, steps });
    onRun?.();
    if (best === null || run.loss < best.run.loss) best = { rate, run };
  }
  if (best === null) throw new RangeError("reproduce: tuning needs a learning rate, got none, give one or more");
  const runs = [best.run];
  for (let draw = 1; draw < draws; draw++) {
    runs.push(await runner.run({ weights: weights(draw), learningRate: best.rate, steps }));
    onRun?.();
  }
  return { rate: best.rate, runs };
}
