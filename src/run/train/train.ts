/** A training run from its first step to the named state in which it ends. */

import type { Model } from "../../model/types.ts";
import type { Seed } from "../../random/index.ts";
import { selectRows } from "./batches.ts";
import { batchOrder } from "./order.ts";
import { createProbe, type ProbeReport } from "./probes.ts";
import { createTrainer } from "./trainer.ts";
import type { Samples, Score, Trainer, TrainerOptions, Values } from "./types.ts";

export interface RunSettings {
  readonly steps: number;
  /** Rows of one update: a number, or all of them. */
  readonly batch: number | "full";
  /** Decides the order of the rows, the same for every run that has it (and what `train` drops). */
  readonly seed: Seed;
  /** Scores on other data (or the same), at step 0, every so many steps and at the end. */
  readonly evaluate?: { readonly data: Samples; readonly every: number };
  /** Ends the run early: at a score, or when the evaluated loss has not fallen for so many evaluations. */
  readonly until?: { readonly accuracy?: number; readonly loss?: number; readonly patience?: number };
  /** The run has diverged where a batch's loss exceeds the first one's this many times (or is not finite). Default 100. */
  readonly divergence?: number;
  /** Stops between two steps; what was done is returned. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: number, score: Score) => void;
  readonly onEvaluation?: (evaluation: Evaluation) => void;
}

export interface TrainOptions extends TrainerOptions, RunSettings {
  readonly seed: Seed;
  /** Looks inside at these steps (or every so many), before and after the update. */
  readonly probes?: {
    readonly at: readonly number[] | number;
    /** Default: the step's own batch. */
    readonly data?: Samples;
    readonly observe: (report: ProbeReport) => void;
  };
}

export interface Evaluation extends Score {
  readonly step: number;
}

export interface RunResult {
  /**
   * - finished: all steps done. stopped: `until` was met.
   * - diverged: the loss left the finite numbers, or its bound. interrupted: by the signal.
   */
  readonly state: "finished" | "stopped" | "diverged" | "interrupted";
  /** Updates made. */
  readonly step: number;
  readonly reason: string;
  /** Of the batch before each update. */
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
}

export interface TrainResult extends RunResult {
  readonly weights: Values;
}

/**
 * Trains the model on the data.
 *
 * @example
 * const { state, losses, weights } = await train(model, data, {
 *   weights: initialize(plan(model)), loss: "cross-entropy", optimizer: { kind: "sgd", learningRate: 0.1 },
 *   steps: 200, batch: 32, seed: 0,
 * });
 */
export async function train(model: Model, data: Samples, options: TrainOptions): Promise<TrainResult> {
  const trainer = await createTrainer(model, options);
  try {
    const { probes } = options;
    if (probes === undefined) {
      const result = await runTraining(trainer, data, options);
      return { ...result, weights: await trainer.weights() };
    }
    const probe = await createProbe(model, options);
    const { at } = probes;
    const wanted = (step: number) => (typeof at === "number" ? step % at === 0 : at.includes(step));
    try {
      const result = await runTraining(trainer, data, options, async (step, batch, update) => {
        if (!wanted(step)) return update();
        const before = await trainer.weights();
        const seen = await probe.look(before, probes.data ?? batch);
        const score = await update();
        probes.observe(probe.report(step, before, await trainer.weights(), seen));
        return score;
      });
      return { ...result, weights: await trainer.weights() };
    } finally {
      probe.dispose();
    }
  } finally {
    trainer.dispose();
  }
}

type Around = (step: number, batch: Samples, update: () => Promise<Score>) => Promise<Score>;

/** The loop alone, on a trainer that is there: what a race of many runs uses, with one compiled program for all. */
export async function runTraining(
  trainer: Trainer,
  data: Samples,
  settings: RunSettings,
  around: Around = (_, __, update) => update(),
): Promise<RunResult> {
  const { steps, evaluate, until, divergence = 100, signal, onStep, onEvaluation } = settings;
  const size = settings.batch === "full" ? data.count : settings.batch;
  if (!Number.isInteger(steps) || steps < 0) throw new Error(`train: steps are a whole number, got ${steps}, use 200`);
  if (!Number.isInteger(size) || size < 1 || size > data.count) {
    throw new Error(`train: a batch is 1 … ${data.count} rows, got ${size}, use 32 or "full"`);
  }
  const order = batchOrder(data.count, size, settings.seed);
  const losses: number[] = [];
  const evaluations: Evaluation[] = [];
  const done = (state: RunResult["state"], reason: string): RunResult => ({
    state,
    step: losses.length,
    reason,
    losses,
    evaluations,
  });
  for (let step = 0; ; step++) {
    if (evaluate !== undefined && (step % evaluate.every === 0 || step === steps)) {
      const score = { step, ...(await trainer.evaluate(evaluate.data)) };
      evaluations.push(score);
      onEvaluation?.(score);
      const bad = divergedScore(score.loss, evaluations[0]!.loss, divergence);
      if (bad !== null) return done("diverged", bad);
      const met = metTarget(evaluations, until);
      if (met !== null && step < steps) return done("stopped", met);
    }
    if (step === steps) return done("finished", `${steps} steps`);
    if (signal?.aborted) return done("interrupted", `after ${step} of ${steps} steps`);
    const batch = settings.batch === "full" ? data : selectRows(data, order.next().value);
    const score = await around(step, batch, () => trainer.step(batch));
    const bad = divergedScore(score.loss, losses[0] ?? score.loss, divergence);
    losses.push(score.loss);
    onStep?.(step, score);
    if (bad !== null) return done("diverged", bad);
  }
}

function divergedScore(loss: number, first: number, divergence: number): string | null {
  if (!Number.isFinite(loss)) return `the loss is ${loss}`;
  if (loss > divergence * first && loss > 1) return `the loss grew ×${(loss / first).toPrecision(3)} over its start`;
  return null;
}

function metTarget(evaluations: readonly Evaluation[], until: RunSettings["until"]): string | null {
  const last = evaluations.at(-1);
  if (until === undefined || last === undefined) return null;
  const { accuracy, loss, patience } = until;
  if (accuracy !== undefined && last.accuracy >= accuracy) return `accuracy ${last.accuracy.toPrecision(3)}`;
  if (loss !== undefined && last.loss <= loss) return `loss ${last.loss.toPrecision(3)}`;
  if (patience === undefined || evaluations.length <= patience) return null;
  const best = evaluations.reduce((low, each, i) => (each.loss < evaluations[low]!.loss ? i : low), 0);
  return evaluations.length - 1 - best >= patience ? `no lower loss for ${patience} evaluations` : null;
}
