/** Runs experiments one after the other and sets down what came out (`epoch0.reproduce/1`, DESIGN 6.2). */

import { experiments } from "./registry.ts";
import { checkSettings, type GivenSettings } from "./settings.ts";
import type { Experiment, Outcome, Size } from "./types.ts";

/** An experiment's words and its outcome. */
export interface Result extends Omit<Experiment, "run" | "settings">, Outcome {
  /** What makes this again. */
  readonly command: string;
  readonly seconds: number;
}

export interface Reproduction {
  readonly schema: "epoch0.reproduce/1";
  readonly seed: number;
  readonly size: Size;
  readonly results: readonly Result[];
}

export interface ReproduceOptions {
  /** Default 0. The same seed gives the same numbers. */
  readonly seed?: number;
  /** "quick" has smaller networks and fewer steps and seeds: the same claims, coarser. Default "full". */
  readonly size?: Size;
  /** In place of what the size gives: every experiment that is chosen must have them (`Experiment.settings`). */
  readonly settings?: GivenSettings;
  /** Stops with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** 0 … 1 over all experiments, and the one that runs. */
  readonly onProgress?: (done: number, id: string) => void;
  readonly onResult?: (result: Result) => void;
}

/** The words that stand for several experiments. */
const GROUPS: Readonly<Record<string, (experiment: Experiment) => boolean>> = {
  all: () => true,
  statements: ({ group }) => group === "statement",
  papers: ({ group }) => group === "paper",
};

export function experimentIds(): readonly string[] {
  return experiments.map(({ id }) => id);
}

/**
 * The experiments of these ids, in the essay's order, each once; `statements`, `papers` and `all` stand for many.
 *
 * @param ids none: all
 * @param settings each of them must take
 * @throws RangeError naming the id or setting that is not known, or the value that is out of range
 */
export function selectExperiments(ids: readonly string[], settings: GivenSettings = {}): readonly Experiment[] {
  const wanted = ids.length === 0 ? ["all"] : ids;
  for (const id of wanted) {
    if (!Object.hasOwn(GROUPS, id) && !experiments.some((experiment) => experiment.id === id)) {
      throw new RangeError(
        `reproduce: unknown experiment ${JSON.stringify(id.slice(0, 60))}, use statements, papers, all, or ${experimentIds().join(", ")}`,
      );
    }
  }
  const chosen = experiments.filter((experiment) =>
    wanted.some((id) => id === experiment.id || (Object.hasOwn(GROUPS, id) && GROUPS[id]!(experiment))),
  );
  for (const experiment of chosen) checkSettings(experiment.id, experiment.settings ?? {}, settings);
  return chosen;
}

/**
 * Runs the experiments and gives their verdicts.
 *
 * @example
 * const { results } = await reproduce(["zeros"], {});
 * results[0]?.verdict; // "holds-if"
 */
export async function reproduce(
  ids: readonly string[],
  { seed = 0, size = "full", settings = {}, signal, onProgress, onResult }: ReproduceOptions = {},
): Promise<Reproduction> {
  const chosen = selectExperiments(ids, settings);
  const results: Result[] = [];
  for (const [i, { run, settings: _, ...words }] of chosen.entries()) {
    signal?.throwIfAborted();
    const started = performance.now();
    onProgress?.(i / chosen.length, words.id);
    const outcome = await run({
      seed,
      size,
      settings,
      signal,
      onProgress: (done) => onProgress?.((i + done) / chosen.length, words.id),
    });
    const set = Object.entries(settings).map(([name, value]) => ` --set ${name}=${value}`);
    const options = `${seed === 0 ? "" : ` --seed ${seed}`}${size === "quick" ? " --quick" : ""}${set.join("")}`;
    const result: Result = {
      ...words,
      ...outcome,
      command: `epoch0 reproduce ${words.id}${options}`,
      seconds: (performance.now() - started) / 1000,
    };
    results.push(result);
    onResult?.(result);
  }
  return { schema: "epoch0.reproduce/1", seed, size, results };
}
