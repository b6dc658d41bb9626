/** The first half of most commands: the model and its plan. */

import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import { UsageError } from "./errors.ts";
import { batchOf, inputFor, type Rows } from "./inputs.ts";
import { nearest } from "./nearest.ts";
import { type ModelOptions, planOptions, type Stream } from "./options.ts";
import type { Progress } from "./progress.ts";
import { samplesFor } from "./prove.ts";

export interface Loaded {
  readonly model: Model;
  readonly plan: Plan;
}

/** What a scheme that measures needs besides. */
export interface Measuring {
  readonly rows: Rows | null;
  /** Stream that will draw the plan. */
  readonly stream?: Stream;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Reads the model (file or line) and plans it; a scheme that does not exist is said before anything is read. */
export async function loadPlan(path: string, options: ModelOptions, measuring: Measuring): Promise<Loaded> {
  const [{ openModel }, { plan, schemeByName }] = await Promise.all([
    import("../formats/file.ts"),
    import("../plan/index.ts"),
  ]);
  const { scheme } = schemeByName(options.scheme);
  if (path.trim() === "") throw new UsageError('MODEL: got an empty name, give a file or a line like "784 > 10"');
  const model = await openModel(path, options.batch === undefined ? {} : { batch: options.batch });
  if (scheme.name === "lsuv") {
    const batch = options.batch ?? samplesFor(model);
    return measurePlan(batch === model.batch ? model : await openModel(path, { batch }), options, measuring);
  }
  return { model, plan: plan(model, planOptions(options)) };
}

async function measurePlan(
  model: Model,
  options: ModelOptions,
  { rows, stream, progress, signal }: Measuring,
): Promise<Loaded> {
  if (model.nodes.length === 0)
    throw new UsageError(`lsuv: ${model.name} has no graph to run, choose another scheme, such as orthogonal`);
  const { planLsuv } = await import("../run/index.ts");
  const { scheme: _, objective: __, ...plain } = planOptions(options);
  const data =
    rows === null
      ? {}
      : { inputs: new Map([[inputFor(model, rows).name, batchOf(rows, model.batch, 0)]]), inputName: rows.name };
  const plan = await planLsuv(model, {
    ...plain,
    ...data,
    ...(stream === undefined ? {} : { stream }),
    signal,
    onProgress: (done, total) => progress.update(done / total, "measuring layer by layer"),
  });
  progress.end();
  return { model, plan };
}

/** The planned tensor of that name, or a usage error with the nearest names. */
export function findTensor(plan: Plan, name: string) {
  const tensor = plan.tensors.find((candidate) => candidate.name === name);
  if (tensor !== undefined) return tensor;
  const names = plan.tensors.map((candidate) => candidate.name);
  const near = nearest(name, names);
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "see epoch0 plan MODEL for the names";
  throw new UsageError(`explain: no parameter ${JSON.stringify(name)} in ${plan.model.name}, ${hint}`);
}
