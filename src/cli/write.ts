/** The weights of a plan, on disk. */

import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import type { InitOptions } from "./commands/init.ts";
import type { Progress } from "./progress.ts";

export interface Written {
  readonly path: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

export interface WriteJob {
  readonly model: Model;
  readonly plan: Plan;
  /** The model's file or line, as it was given. */
  readonly input: string;
  readonly options: InitOptions & { readonly output: string };
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Draws and writes; the format goes by the suffix. Interrupted or failed, it leaves no file. */
export async function writePlanned({ model, plan, input, options, progress, signal }: WriteJob): Promise<Written> {
  const [{ writeWeights }, { isLine }] = await Promise.all([
    import("../materialize/write-file.ts"),
    import("../formats/file.ts"),
  ]);
  return writeWeights(options.output, model, plan, {
    source: isLine(input) ? null : input,
    dtype: options.dtype,
    stream: options.stream,
    signal,
    onProgress: (done, tensor) => progress.update(done, `drawing ${tensor}`),
    ...(options.shard === undefined ? {} : { shard: options.shard }),
  });
}
