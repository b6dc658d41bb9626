/** Baseline files. */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Baseline, baselineOf, readBaseline } from "../../check/baseline.ts";
import { ConfigError } from "../../check/config.ts";
import type { CheckResult } from "../../check/types.ts";
import { UsageError } from "../errors.ts";
import { writeText } from "../write-text.ts";
import type { LoadedConfig } from "./load.ts";

/** Of the option, else of the configuration (from its own folder); null where neither names one. */
export function loadBaseline(option: string | undefined, loaded: LoadedConfig | null): Baseline | null {
  const named = loaded?.config.baseline;
  const path = option ?? (named === undefined || loaded === null ? undefined : resolve(dirname(loaded.path), named));
  if (path === undefined) return null;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`--baseline: cannot read ${path}, write it first with --write-baseline ${path}`);
  }
  try {
    return readBaseline(text);
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(`--baseline: ${path}: ${error.message}`);
    throw error;
  }
}

/** Writes what was found as the baseline of later runs; gives the number of findings. */
export async function saveBaseline(path: string, result: CheckResult, input: string): Promise<number> {
  const baseline = baselineOf(result);
  await writeText(path, `${JSON.stringify(baseline, null, 2)}\n`, { input });
  return baseline.findings.length;
}
