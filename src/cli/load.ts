/** The first half of most commands: the model and its plan. */

import { extname } from "node:path";
import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import { UsageError } from "./errors.ts";
import { nearest, suggestion } from "./nearest.ts";
import { type ModelOptions, planOptions } from "./options.ts";

export interface Loaded {
  readonly model: Model;
  readonly plan: Plan;
}

/** Reads the model (file or line) and plans it; a scheme that does not exist is said before anything is read. */
export async function loadPlan(path: string, options: ModelOptions): Promise<Loaded> {
  const [{ openModel }, { plan, schemeByName }] = await Promise.all([
    import("../formats/file.ts"),
    import("../plan/index.ts"),
  ]);
  schemeByName(options.scheme);
  if (path.trim() === "") throw new UsageError('MODEL: got an empty name, give a file or a line like "784 > 10"');
  const model = await openModel(path, options.batch === undefined ? {} : { batch: options.batch });
  return { model, plan: plan(model, planOptions(options)) };
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

export const OUTPUT_SUFFIXES = [".safetensors", ".onnx", ".npz"] as const;

/** Weight files are chosen by suffix, before anything is read. */
export function checkOutput(path: string): void {
  const suffix = extname(path).toLowerCase();
  if (OUTPUT_SUFFIXES.some((known) => known === suffix)) return;
  throw new UsageError(`-o: unknown kind of file ${JSON.stringify(path)}, ${suggestion(suffix, OUTPUT_SUFFIXES)}`);
}
