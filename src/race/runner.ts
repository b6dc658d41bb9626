/** One model and one task, ready to run any scheme: the program is compiled once and used for all. */

import { initialize } from "../materialize/index.ts";
import type { Model } from "../model/types.ts";
import { plan, schemeByName } from "../plan/index.ts";
import type { CustomRules } from "../propagate/index.ts";
import {
  type CustomOperations,
  createTrainer,
  type Evaluation,
  type InputValues,
  inputLayouts,
  type OptimizerOptions,
  placeSamples,
  planLsuv,
  runTraining,
  type Samples,
  type Score,
  selectRows,
  sharpness,
  type Values,
} from "../run/index.ts";
import type { Task } from "./data/index.ts";
import type { Job, OptimizerName, Outcome, RaceSettings, RunRecord, RunSpec } from "./types.ts";

export interface Runner {
  /** Errors: the signal's reason. */
  readonly run: (job: Job, signal?: AbortSignal, watch?: Watch) => Promise<Outcome>;
  readonly dispose: () => void;
}

/** Looks on while a run is made, between its steps; what it waits for, the run waits for. */
export interface Watch {
  /** Before the update. */
  readonly before: (step: number, weights: () => Promise<Values>) => Promise<void>;
  /** After it; the score is that of the batch before it. */
  readonly after: (step: number, score: Score, weights: () => Promise<Values>) => Promise<void>;
  /** On the rows held out. */
  readonly evaluated: (evaluation: Evaluation) => void;
}

/** What a caller adds for nodes that the library does not know, by name. */
export interface Extensions {
  readonly rules?: CustomRules;
  readonly operations?: CustomOperations;
}

/** Rows held out are looked at this often, as many of them as are trained on in between, within these bounds. */
const LOOKS = { least: 4, most: 20 };
/** Looks without a lower loss that end a run: three quarters of many, none of few. A start at ln(classes) is beaten late. */
const PATIENCE = { share: 3 / 4, least: 8 };
const HELD_OUT = { least: 64, most: 512 };
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

/**
 * Batch normalization scores with the statistics of the rows that are scored: running ones need some fifty steps to forget
 * where they began, and would be compared instead of the weights in a short run.
 *
 * Errors: a scheme or a model that cannot be run.
 */
export async function createRunner(
  model: Model,
  task: Task,
  settings: RaceSettings,
  { rules, operations }: Extensions = {},
): Promise<Runner> {
  const expected = task.input === null ? {} : { inputMean: task.input.mean, inputVariance: task.input.variance };
  /** A scheme that measures does so on the first rows to learn from. */
  const weightsOf = async (scheme: string, seed: number) => {
    const plain = { seed, batch: settings.batch, ...expected, rules };
    const chosen =
      schemeByName(scheme).scheme.name === "lsuv"
        ? await planLsuv(model, { ...plain, operations, inputs: firstRows(model, task), inputName: task.name })
        : plan(model, { ...plain, scheme });
    return initialize(chosen, { read: model.read });
  };
  const first = settings.schemes[0];
  if (first === undefined) throw new Error("race: needs a scheme or more, got none, give --schemes auto,torch");
  const trainer = await createTrainer(model, {
    weights: await weightsOf(first, settings.seed),
    loss: task.loss,
    optimizer: optimizerOptions(settings.optimizer, 0),
    evaluation: "train",
    operations,
  });
  const head = (samples: Task["test"], most: number) =>
    samples.count <= most
      ? samples
      : selectRows(
          samples,
          Int32Array.from({ length: most }, (_, i) => i),
        );
  const rows = settings.steps * settings.batch;
  const within = (x: number, { least, most }: typeof LOOKS) => Math.round(Math.min(most, Math.max(least, x)));
  const test = head(task.test, within(rows / LOOKS.most, HELD_OUT));
  const looks = within(rows / test.count, LOOKS);

  const race = async (spec: RunSpec, signal?: AbortSignal, watch?: Watch): Promise<RunRecord> => {
    const started = performance.now();
    trainer.reset(await weightsOf(spec.scheme, spec.seed), { learningRate: spec.learningRate, seed: spec.seed });
    const around = async (step: number, _: Samples, update: () => Promise<Score>) => {
      await watch?.before(step, trainer.weights);
      const score = await update();
      await watch?.after(step, score, trainer.weights);
      return score;
    };
    const runSettings = {
      steps: settings.steps,
      batch: Math.min(settings.batch, task.train.count),
      seed: spec.seed,
      evaluate: { data: test, every: Math.max(1, Math.round(settings.steps / looks)) },
      until: { patience: Math.max(PATIENCE.least, Math.ceil(PATIENCE.share * looks)) },
      ...(watch === undefined ? {} : { onEvaluation: watch.evaluated }),
      ...(signal === undefined ? {} : { signal }),
    };
    const result = await runTraining(trainer, task.train, runSettings, around);
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
    async run(job, signal, watch) {
      if (job.kind === "run") return { kind: "run", record: await race(job, signal, watch) };
      const weights = await weightsOf(job.scheme, settings.seed);
      const some = Math.max(settings.batch, Math.min(CURVATURE_MOST, Math.round(rows * CURVATURE_SHARE)));
      const found = await sharpness(model, head(task.train, some), {
        weights,
        loss: task.loss,
        seed: 0,
        tolerance: 0.05,
        operations,
      });
      const { lambdaMax, error, largestStep } = found;
      return { kind: "sharpness", step: { scheme: job.scheme, lambdaMax, error, largestStep } };
    },
    dispose: () => trainer.dispose(),
  };
}

/** One batch of the model's inputs, the rows in turn. */
function firstRows(model: Model, { train }: Task): InputValues {
  const { inputs } = selectRows(
    train,
    Int32Array.from({ length: model.batch }, (_, i) => i % train.count),
  );
  const placed = inputLayouts(model).flatMap(({ name, before }) => {
    const values = ArrayBuffer.isView(inputs) ? inputs : inputs.get(name);
    return values === undefined ? [] : [[name, placeSamples(values, model.batch, before)] as const];
  });
  return new Map(placed);
}
