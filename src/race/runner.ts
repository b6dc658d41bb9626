/** One model and one task, ready to run any scheme: the program is compiled once and used for all. */

import { initialize } from "../materialize/index.ts";
import type { Model } from "../model/types.ts";
import { plan } from "../plan/index.ts";
import { createTrainer, type OptimizerOptions, runTraining, selectRows, sharpness } from "../run/index.ts";
import type { Task } from "./data/index.ts";
import type { Job, OptimizerName, Outcome, RaceSettings, RunRecord, RunSpec } from "./types.ts";

export interface Runner {
  /** Errors: the signal's reason. */
  readonly run: (job: Job, signal?: AbortSignal) => Promise<Outcome>;
  readonly dispose: () => void;
}

/** Looks at the rows held out this often, at as many of them as are trained on in between, within these bounds. */
const EVALUATIONS = 20;
const HELD_OUT = { least: 64, most: 512 };
/** Stops a run that has not come lower for this many looks. */
const PATIENCE = 10;
/** The curvature is measured on this share of the rows of a run, one batch to 256 rows: some ten gradients of them. */
const CURVATURE_SHARE = 1 / 40;
const CURVATURE_MOST = 256;

export function optimizerOptions(name: OptimizerName, learningRate: number): OptimizerOptions {
  switch (name) {
    case "sgd":
      return { kind: "sgd", learningRate };
    case "momentum":
      return { kind: "sgd", learningRate, momentum: 0.9 };
    case "adam":
      return { kind: "adam", learningRate };
  }
}

export async function createRunner(model: Model, task: Task, settings: RaceSettings): Promise<Runner> {
  const weightsOf = (scheme: string, seed: number) => {
    const expected = task.input === null ? {} : { inputMean: task.input.mean, inputVariance: task.input.variance };
    return initialize(plan(model, { scheme, seed, batch: settings.batch, ...expected }), { read: model.read });
  };
  const first = settings.schemes[0];
  if (first === undefined) throw new Error("race: needs a scheme or more, got none, give --schemes auto,torch");
  const trainer = await createTrainer(model, {
    weights: weightsOf(first, settings.seed),
    loss: task.loss,
    optimizer: optimizerOptions(settings.optimizer, 0),
  });
  const head = (samples: Task["test"], most: number) =>
    samples.count <= most
      ? samples
      : selectRows(
          samples,
          Int32Array.from({ length: most }, (_, i) => i),
        );
  const rows = settings.steps * settings.batch;
  const test = head(task.test, Math.min(HELD_OUT.most, Math.max(HELD_OUT.least, Math.round(rows / EVALUATIONS))));

  const race = async (spec: RunSpec, signal?: AbortSignal): Promise<RunRecord> => {
    const started = performance.now();
    trainer.reset(weightsOf(spec.scheme, spec.seed), { learningRate: spec.learningRate });
    const result = await runTraining(trainer, task.train, {
      steps: settings.steps,
      batch: Math.min(settings.batch, task.train.count),
      seed: spec.seed,
      evaluate: { data: test, every: Math.max(1, Math.round(settings.steps / EVALUATIONS)) },
      until: { patience: PATIENCE },
      ...(signal === undefined ? {} : { signal }),
    });
    const { state, reason, losses, evaluations } = result;
    if (state === "interrupted") {
      signal?.throwIfAborted();
      throw new Error("race: a run was interrupted, run again");
    }
    const best = evaluations.reduce((low, each) => (each.loss < low.loss ? each : low), evaluations[0]!);
    const diverged = state === "diverged";
    return {
      scheme: spec.scheme,
      seed: spec.seed,
      learningRate: spec.learningRate,
      state,
      reason,
      diverged,
      losses,
      evaluations,
      loss: diverged ? Number.POSITIVE_INFINITY : best.loss,
      accuracy: diverged || Number.isNaN(best.accuracy) ? null : best.accuracy,
      seconds: (performance.now() - started) / 1000,
    };
  };

  return {
    async run(job, signal) {
      if (job.kind === "run") return { kind: "run", record: await race(job, signal) };
      const weights = weightsOf(job.scheme, settings.seed);
      const some = Math.max(settings.batch, Math.min(CURVATURE_MOST, Math.round(rows * CURVATURE_SHARE)));
      const found = await sharpness(model, head(task.train, some), {
        weights,
        loss: task.loss,
        seed: 0,
        tolerance: 0.05,
      });
      const { lambdaMax, error, largestStep } = found;
      return { kind: "sharpness", step: { scheme: job.scheme, lambdaMax, error, largestStep } };
    },
    dispose: () => trainer.dispose(),
  };
}
