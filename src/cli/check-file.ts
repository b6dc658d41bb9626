/** A model file, opened with the batch that a check needs, and checked. */

import type { Config } from "../check/config.ts";
import type { CheckResult } from "../check/types.ts";
import type { CheckModelOptions } from "./options.ts";
import { createProgress } from "./progress.ts";
import { samplesFor } from "./prove.ts";
import type { Terminal } from "./terminal.ts";

export interface CheckFileOptions extends CheckModelOptions {
  readonly data?: string;
  readonly lr?: number;
  readonly scheme?: string;
  readonly seed?: number;
  readonly config: Config;
}

/** @throws what reading the file, the data or running the model throws, in one line */
export async function checkFile(path: string, options: CheckFileOptions, terminal: Terminal): Promise<CheckResult> {
  const [{ openModel }, { checkModel, settingsOf }] = await Promise.all([
    import("../formats/file.ts"),
    import("../check/index.ts"),
  ]);
  const progress = createProgress(terminal);
  try {
    const { data, batch } = options;
    let model = await openModel(path, data === undefined && batch !== undefined ? { batch } : {});
    const rows = data === undefined ? null : await readRowsOf(data);
    // A run goes over several samples at once; the prediction does not need them.
    if (rows && model.nodes.length > 0)
      model = await openModel(path, { batch: batch ?? Math.min(rows.count, samplesFor(model)) });
    return await checkModel(model, {
      settings: settingsOf(options.config),
      mode: options.mode,
      signal: terminal.signal,
      onProgress: (done, what) => progress.update(done, what),
      ...(rows ? { data: rows } : {}),
      ...(options.lr === undefined ? {} : { learningRate: options.lr }),
      ...(options.scheme === undefined ? {} : { scheme: options.scheme }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.inputMean === undefined ? {} : { inputMean: options.inputMean }),
      ...(options.inputVariance === undefined ? {} : { inputVariance: options.inputVariance }),
      ...(batch === undefined ? {} : { batch }),
    });
  } finally {
    progress.end();
  }
}

async function readRowsOf(path: string) {
  const { readRows } = await import("./inputs.ts");
  const { name, count, features, values, labels } = await readRows(path);
  return { name, count, features, values, labels };
}
