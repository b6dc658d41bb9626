/** Running the model over several draws of its weights, and whether that bears the prediction out. */

import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import type { MeasuredLayer } from "../report/index.ts";
import type { Verification } from "../run/index.ts";
import { batchOf, inputFor, type Rows } from "./inputs.ts";
import type { Stream } from "./options.ts";
import type { Progress } from "./progress.ts";

/** Enough for a standard error of the mean, few enough for a minute. */
const DRAWS = 8;
/** Where those are further off than they may be: more of them tell a wrong prediction from a rare eight. */
const DRAWS_IN_DOUBT = 32;
/** Numbers in all activation tensors of one run, which are held forward and backward: about 200 MB. */
const MOST_NUMBERS = 1.6e7;
const MOST_SAMPLES = 64;
/** Batch normalization needs company. */
const FEWEST_SAMPLES = 2;

/** Samples to run at once, from the sizes of the tensors at the model's present batch. */
export function samplesFor(model: Model): number {
  let numbers = 0;
  for (const { shape } of model.tensors.values()) numbers += shape.reduce((product, size) => product * size, 1);
  const fit = Math.floor((MOST_NUMBERS * model.batch) / Math.max(1, numbers));
  return Math.min(MOST_SAMPLES, Math.max(FEWEST_SAMPLES, fit));
}

export interface ProveOptions {
  readonly rows: Rows | null;
  readonly inputMean?: number;
  readonly inputVariance?: number;
  readonly mode: "train" | "eval";
  readonly stream?: Stream;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Proof extends Verification {
  readonly inputs: string;
}

/** Draw 0 is the seed that is written; the others follow it. `passed` speaks of signal and gradient. */
export async function prove(model: Model, plan: Plan, options: ProveOptions): Promise<Proof> {
  const { rows, mode, progress, signal, inputMean, inputVariance, stream } = options;
  const [{ measureSignals, verify }, { initialize }] = await Promise.all([
    import("../run/index.ts"),
    import("../materialize/index.ts"),
  ]);
  const input = rows === null ? null : inputFor(model, rows);
  const measure = (draws: number) =>
    measureSignals(model, {
      weights: (draw) =>
        initialize(plan, { seed: plan.seed + draw, read: model.read, ...(stream === undefined ? {} : { stream }) }),
      seed: plan.seed,
      draws,
      mode,
      signal,
      ...(rows === null || input === null
        ? {}
        : { inputs: (draw: number) => new Map([[input.name, batchOf(rows, model.batch, draw)]]) }),
      ...(inputMean === undefined ? {} : { inputMean }),
      ...(inputVariance === undefined ? {} : { inputVariance }),
      onProgress: (done, total) =>
        progress.update(done / total, `verifying, draw ${Math.min(done + 1, total)} of ${total}`),
    });
  const holds = ({ passed, gradientsPassed }: Verification) => passed && gradientsPassed;
  const first = verify(model, plan.layers, await measure(DRAWS));
  const verification = holds(first) ? first : verify(model, plan.layers, await measure(DRAWS_IN_DOUBT));
  const kind =
    rows === null
      ? model.inputs.some((each) => each.vocabulary !== null)
        ? "uniform tokens"
        : "normal inputs"
      : rows.name;
  return {
    ...verification,
    passed: holds(verification),
    inputs: `${kind}, ${model.batch} a draw`,
  };
}

/** The measured mean squares, for the report's dots. */
export function measuredLayers(proof: Verification): ReadonlyMap<string, MeasuredLayer> {
  return new Map(
    proof.layers.map((layer) => [layer.weight, { forward: layer.measured, gradient: layer.gradient.measured }]),
  );
}
