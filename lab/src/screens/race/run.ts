/** One scheme's run, held between its steps until it is told to go on, and what has been seen of it so far. */

import type { Model } from "../../../../src/model/types.ts";
import type { Runner, RunRecord } from "../../../../src/race/index.ts";
import type { RunSpec } from "../../../../src/race/types.ts";
import { type Beginning, beginningOf, type Ratios, ratiosOf } from "./updates.ts";

export interface RunView {
  readonly scheme: string;
  readonly state: "running" | RunRecord["state"];
  readonly reason: string;
  /** Of each step's batch, before its update. */
  readonly losses: readonly number[];
  /** On the rows held out. */
  readonly evaluations: RunRecord["evaluations"];
  /** ‖ΔW‖/‖W‖ over the layers' weights, a number a step: smallest, median and largest layer. */
  readonly updates: {
    readonly low: readonly number[];
    readonly middle: readonly number[];
    readonly high: readonly number[];
  };
  /** The last step's, layer by layer. */
  readonly layers: readonly { readonly weight: string; readonly ratio: number }[];
  /** Lowest loss on the rows held out and the accuracy there, as `epoch0 race` gives them; null while it runs. */
  readonly final: { readonly loss: number; readonly accuracy: number | null } | null;
  /** Where a divergence began. */
  readonly began: Beginning | null;
}

export interface Run {
  /** One step further; at first only to the start. */
  readonly next: () => Promise<void>;
  readonly over: () => boolean;
  readonly view: () => RunView;
  /** Before the next step; null before the start. */
  readonly weights: () => ReadonlyMap<string, Float32Array> | null;
}

export function startRun(runner: Runner, model: Model, spec: RunSpec, signal: AbortSignal): Run {
  const names = model.nodes.flatMap((node) => (node.kind === "linear" ? [node.weight] : []));
  const losses: number[] = [];
  const evaluations: RunRecord["evaluations"][number][] = [];
  const history: Ratios[] = [];
  const updates = { low: [] as number[], middle: [] as number[], high: [] as number[] };
  let weights: ReadonlyMap<string, Float32Array> | null = null;
  let record: RunRecord | null = null;
  let failure: unknown = null;
  let started = false;
  let arrived = () => {};
  let pass = () => {};
  signal.addEventListener("abort", () => pass(), { once: true });

  const go = () => {
    started = true;
    runner
      .run({ kind: "run", ...spec }, signal, {
        async before(_, read) {
          weights ??= await read();
          if (signal.aborted) return;
          await new Promise<void>((resolve) => {
            pass = resolve;
            arrived();
          });
        },
        async after(_, { loss }, read) {
          const now = await read();
          const ratios = ratiosOf(names, weights ?? now, now);
          history.push(ratios);
          const sorted = [...ratios].sort((a, b) => a - b);
          updates.low.push(sorted[0] ?? Number.NaN);
          updates.middle.push(sorted[sorted.length >> 1] ?? Number.NaN);
          updates.high.push(sorted.at(-1) ?? Number.NaN);
          losses.push(loss);
          weights = now;
        },
        evaluated: (evaluation) => void evaluations.push(evaluation),
      })
      .then(
        (outcome) => {
          if (outcome.kind === "run") record = outcome.record;
        },
        (error: unknown) => {
          failure = error;
        },
      )
      .finally(() => arrived());
  };
  const over = () => record !== null || failure !== null;
  return {
    async next() {
      if (over()) return;
      await new Promise<void>((resolve) => {
        arrived = resolve;
        if (started) pass();
        else go();
      });
      if (failure !== null && !signal.aborted) throw failure;
    },
    over,
    weights: () => weights,
    view: () => ({
      scheme: spec.scheme,
      state: record?.state ?? "running",
      reason: record?.reason ?? "",
      losses,
      evaluations,
      updates,
      layers: (history.at(-1) ?? []).map((ratio, i) => ({ weight: names[i] ?? "", ratio })),
      final: record === null ? null : { loss: record.loss, accuracy: record.accuracy },
      began: record?.diverged === true ? beginningOf(names, history) : null,
    }),
  };
}
