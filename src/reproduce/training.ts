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
    dispose: () => trainer.dispose(),
  };
}

/** The loss of knowing nothing but that there are ten classes. */
export const BLIND_LOSS = Math.log(10);
