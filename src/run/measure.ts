/** What the signals and gradients of a model are, measured by running it over several draws of its weights. */

import type { Model } from "../model/types.ts";
import type { Seed } from "../random/index.ts";
import type { CustomOperations } from "./custom.ts";
import { createExecutor } from "./executor.ts";
import type { Device } from "./jax.ts";
import { integerNoise, normalNoise } from "./noise.ts";
import type { Mode } from "./operation.ts";
import { product } from "./operation.ts";
import { momentsOf, type Statistic, statisticOf } from "./statistics.ts";
import type { InputValues, Weights } from "./values.ts";
import { isReal } from "./values.ts";

export interface MeasureOptions {
  /** Values of the parameters in draw 0 … draws − 1. */
  readonly weights: (draw: number) => Weights;
  /** Decides inputs and cotangents; the same seed gives the same measurement. */
  readonly seed: Seed;
  /** Default 8. */
  readonly draws?: number;
  /** Inputs of a draw. Default: independent normal entries, token ids uniform over the vocabulary. */
  readonly inputs?: (draw: number) => InputValues;
  /** Of one entry of the default inputs. Default 0 and 1. */
  readonly inputMean?: number;
  readonly inputVariance?: number;
  /** Statistics that batch normalization takes. Default "train". */
  readonly mode?: Mode;
  readonly device?: Device;
  /** Operations of nodes and activations that the library does not know, by name. */
  readonly operations?: CustomOperations;
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops between two draws with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface MeasuredSignal {
  /** Over all elements; of a mask's output over those it keeps. */
  readonly mean: Statistic;
  readonly secondMoment: Statistic;
  /**
   * Mean square over all elements of ∂L/∂element, L = Σ y·g over outputs and samples, g ~ N(0, 1) fresh each draw. A
   * tensor that no input reaches (rows of a position table) serves all samples: there it is divided by their number.
   */
  readonly gradientSecondMoment: Statistic;
}

export interface Measurement {
  readonly draws: number;
  readonly batch: number;
  readonly mode: Mode;
  /** By tensor name: every real-valued activation tensor, inputs included. */
  readonly signals: ReadonlyMap<string, MeasuredSignal>;
  /** By parameter name: mean square of ∂L/∂parameter divided by the batch, so per sample. */
  readonly gradients: ReadonlyMap<string, Statistic>;
  /** Milliseconds of the first draw, compilation included, and of one draw after it (NaN for one draw). */
  readonly timing: { readonly first: number; readonly step: number };
}

/** A mask's fill beyond this is a stand-in for −∞ (exporters write −∞ or the smallest float), not a value. */
const LARGEST_SIGNAL = 1e30;

/**
 * Runs the model forward and backward once a draw, with `model.batch` samples, and averages over draws. A tensor that the
 * loss does not depend on has gradient 0.
 *
 * Errors: `run: …` where the model cannot be run (see `createExecutor`), or `draws` is not a positive integer.
 *
 * @example
 * const measured = await measureSignals(model, { weights: (draw) => initialize(plan, { seed: draw }), seed: 0 });
 * measured.signals.get("/fc1/Gemm_output_0")?.secondMoment; // { mean: 0.3378, std: 0.0053 }
 */
export async function measureSignals(model: Model, options: MeasureOptions): Promise<Measurement> {
  const { draws = 8, mode = "train", onProgress, signal } = options;
  if (!Number.isInteger(draws) || draws < 1) {
    throw new Error(`run: draws is not a positive integer, got ${draws}, use 8`);
  }
  const inputs = options.inputs ?? ((draw: number) => randomInputs(model, draw, options));
  const signals = new Map<string, { mean: number[]; secondMoment: number[]; gradient: number[] }>();
  const gradients = new Map<string, number[]>();
  for (const [name, { dtype }] of model.tensors) {
    if (isReal(dtype)) signals.set(name, { mean: [], secondMoment: [], gradient: [] });
  }
  const masks = maskFills(model);
  const perSample = reachedByInputs(model);
  const executor = await createExecutor(model, { device: options.device, operations: options.operations });
  const times: number[] = [];
  try {
    for (let draw = 0; draw < draws; draw++) {
      signal?.throwIfAborted();
      const start = performance.now();
      await executor.visit(
        options.weights(draw),
        inputs(draw),
        randomCotangents(model, options.seed, draw),
        {
          value(name, data) {
            const row = signals.get(name);
            const moments = momentsOf(data, masks.get(name));
            row?.mean.push(moments.mean);
            row?.secondMoment.push(moments.secondMoment);
          },
          gradient(name, data) {
            const samples = perSample.has(name) ? 1 : model.batch;
            signals.get(name)?.gradient.push(momentsOf(data).secondMoment / samples);
          },
          parameterGradient(name, data) {
            const rows = gradients.get(name) ?? [];
            rows.push(momentsOf(data).secondMoment / model.batch);
            gradients.set(name, rows);
          },
        },
        { mode },
      );
      times.push(performance.now() - start);
      onProgress?.(draw + 1, draws);
    }
  } finally {
    executor.dispose();
  }
  const later = times.slice(1);
  return {
    draws,
    batch: model.batch,
    mode,
    signals: new Map(
      [...signals]
        .filter(([, row]) => row.mean.length > 0)
        .map(([name, row]) => [
          name,
          {
            mean: statisticOf(row.mean),
            secondMoment: statisticOf(row.secondMoment),
            gradientSecondMoment: statisticOf(row.gradient.length > 0 ? row.gradient : row.mean.map(() => 0)),
          },
        ]),
    ),
    gradients: new Map([...gradients].map(([name, rows]) => [name, statisticOf(rows)])),
    timing: { first: times[0]!, step: later.reduce((total, time) => total + time, 0) / later.length },
  };
}

function reachedByInputs(model: Model): Set<string> {
  const reached = new Set(model.inputs.map((input) => input.name));
  for (const node of model.nodes) {
    if (node.inputs.some((name) => reached.has(name))) for (const output of node.outputs) reached.add(output);
  }
  return reached;
}

/** Fills that stand for −∞: what is masked away is not signal, as in the corpus' measurements. */
function maskFills(model: Model): Map<string, number> {
  return new Map(
    model.nodes.flatMap((node) =>
      node.kind === "mask" && Math.abs(node.fill) > LARGEST_SIGNAL
        ? node.outputs.map((name) => [name, node.fill] as const)
        : [],
    ),
  );
}

/** Inputs of a draw: independent normal entries, token ids uniform over the vocabulary. */
export function randomInputs(
  model: Model,
  draw: number,
  { seed, inputMean = 0, inputVariance = 1 }: Pick<MeasureOptions, "seed" | "inputMean" | "inputVariance">,
): InputValues {
  return new Map(
    model.inputs.map(({ name, shape, vocabulary }) => [
      name,
      vocabulary === null
        ? normalNoise(seed, `input ${draw} ${name}`, product(shape), inputMean, Math.sqrt(inputVariance))
        : integerNoise(seed, `input ${draw} ${name}`, product(shape), vocabulary),
    ]),
  );
}

function randomCotangents(model: Model, seed: Seed, draw: number): InputValues {
  return new Map(
    [...new Set(model.outputs)].flatMap((name) => {
      const info = model.tensors.get(name);
      if (info === undefined || !isReal(info.dtype)) return [];
      return [[name, normalNoise(seed, `cotangent ${draw} ${name}`, product(info.shape), 0, 1)] as const];
    }),
  );
}
