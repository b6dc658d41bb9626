/** All rules over one model, stage by stage: what a stage names counts as drawn anew in the next. */

import type { Model } from "../model/types.ts";
import { analyse } from "../plan/index.ts";
import type { PlannedTensor } from "../plan/types.ts";
import type { Usages } from "../plan/usage/types.ts";
import { type DataFacts, dataFacts, inputOf, type Rows } from "./data.ts";
import { gatherFacts } from "./facts/gather.ts";
import type { TensorFacts } from "./facts/types.ts";
import { identify } from "./looks-like/index.ts";
import type { Likeness } from "./looks-like/types.ts";
import { mender, tensorsToRedraw } from "./mend.ts";
import { RULES, type Rule, type RuleContext, STAGES, type Stage } from "./rules/index.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { predictSignals } from "./signals/predict.ts";
import type { Signals } from "./signals/types.ts";
import { summaryOf } from "./summary.ts";
import type { CheckResult, Finding, Reads, RuleName } from "./types.ts";

export interface CheckOptions {
  /** Severities, thresholds and ignores; default: the rules' own. */
  readonly settings?: Settings;
  /** Rows to run on; the network is then measured and not predicted. */
  readonly data?: Rows;
  /** To be held against 2/λ_max; needs labelled data. */
  readonly learningRate?: number;
  /** Scheme that named tensors count as drawn from. Default "auto". */
  readonly scheme?: string;
  readonly seed?: number;
  readonly inputMean?: number;
  readonly inputVariance?: number;
  readonly mode?: "train" | "eval";
  /** Samples that batch statistics are taken over, in the prediction. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, what: string) => void;
}

interface Subject {
  readonly model: Model;
  readonly usages: Usages;
  readonly facts: ReadonlyMap<string, TensorFacts>;
  readonly likeness: ReadonlyMap<string, Likeness>;
  readonly data: DataFacts | null;
  readonly trained: boolean;
}

/**
 * Checks the weights that are there: by their values, by the signals they are predicted to make, and by running on data
 * where it is given. Nothing is drawn or written.
 *
 * @throws `check: …` for data that does not fit the model; `run: …` where the model cannot be run on it
 * @example (await checkModel(await openModel("model.onnx"))).findings
 */
export async function checkModel(model: Model, options: CheckOptions = {}): Promise<CheckResult> {
  const settings = options.settings ?? settingsOf({});
  const subject = lookAt(model, options);
  const findings: Finding[] = [];
  const observe = observer(subject, options);
  const step = await curvature(subject, options);
  for (const stage of STAGES) {
    options.signal?.throwIfAborted();
    const rules = RULES.filter((rule) => rule.stage === stage && isHeard(rule, subject, settings));
    if (rules.length === 0) continue;
    const signals = await observe(stage, findings);
    for (const rule of rules) {
      const context: RuleContext = {
        ...subject,
        signals,
        step,
        found: new Set(findings.map((finding) => finding.rule)),
        named: namedIn(findings),
        limit: (name) => settings.limit(rule, name),
      };
      findings.push(...rule.find(context).map((finding) => settings.weigh(finding)));
    }
  }
  const kept = settings.keep(findings);
  const looked: Reads[] = [
    "weights",
    ...(model.nodes.length > 0 && !subject.data ? (["prediction"] as const) : []),
    ...(subject.data ? (["run"] as const) : []),
  ];
  return {
    schema: "epoch0.check/1",
    model: { format: model.format, name: model.name },
    findings: kept.findings,
    summary: summaryOf(kept.findings, {
      ignored: kept.ignored,
      tensors: subject.facts.size,
      looked,
      trained: subject.trained,
    }),
  };
}

/** Silent: what is switched off, and what speaks of initialization where there is none left. */
const isHeard = (rule: Rule, { trained }: Subject, settings: Settings): boolean =>
  settings.severity(rule.name) !== "off" && !(rule.initialization && trained);

const namedIn = (findings: readonly Finding[]): ReadonlyMap<string, RuleName> =>
  new Map(
    findings.flatMap(({ rule, tensor, severity }) =>
      tensor === undefined || severity === "info" ? [] : [[tensor, rule] as const],
    ),
  );

const MATRICES: ReadonlySet<string> = new Set(["weight", "input-weight", "recurrent-weight", "table"]);

function lookAt(model: Model, { data, onProgress, settings }: CheckOptions): Subject {
  const usages = analyse(model);
  const likeness = new Map<string, Likeness>();
  let [values, moved, tensors, movedTensors, done] = [0, 0, 0, 0, 0];
  const facts = gatherFacts(model, usages, ({ name, usage, count, parameter }, statistics) => {
    onProgress?.(++done / model.parameters.size, `reading ${name}`);
    if (!MATRICES.has(usage.part) || parameter.shape.length < 2) return;
    const found = identify(statistics, usage);
    likeness.set(name, found);
    if (found.family === "unknown") return;
    values += count;
    tensors++;
    if (found.family !== "trained") return;
    moved += count;
    movedTensors++;
  });
  if (facts.size === 0)
    throw new Error(`check: ${model.name} holds no weights to check, draw some first with epoch0 init -o FILE`);
  const trainedRule = RULES.find(({ name }) => name === "trained");
  const share = trainedRule && settings ? settings.limit(trainedRule, "share") : 0.5;
  if (data && inputOf(model, data) === null) throw new Error(misfit(model, data));
  // One odd matrix among fresh ones is a finding, however large it is.
  const trained = moved > share * values && movedTensors > share * tensors;
  return { model, usages, facts, likeness, data: data ? dataFacts(data) : null, trained };
}

function misfit(model: Model, { name, features }: Rows): string {
  const [input] = model.inputs;
  if (model.nodes.length === 0) return `check: ${model.name} has no graph to run ${name} on, leave --data out`;
  if (input === undefined || model.inputs.length > 1 || input.vocabulary !== null)
    return "check: --data needs a model with one real-valued input, leave --data out";
  const perSample = input.shape.reduce((product, size) => product * size, 1) / model.batch;
  return `check: ${name} has ${features} numbers a row, got a model input ${input.name} of ${perSample}, give rows of that many`;
}

/** Signals for a stage, computed again only when earlier stages have named more. */
function observer(subject: Subject, options: CheckOptions) {
  const { model, usages, facts, data } = subject;
  const { scheme = "auto", seed = 0, mode = "train" } = options;
  const expected = {
    mode,
    ...(options.inputMean === undefined ? {} : { inputMean: options.inputMean }),
    ...(options.inputVariance === undefined ? {} : { inputVariance: options.inputVariance }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
  const mends = mender(model, { scheme, seed, ...expected });
  let known: { readonly key: string; readonly signals: Signals } | null = null;
  return async (stage: Stage, findings: readonly Finding[]): Promise<Signals | null> => {
    if (model.nodes.length === 0 || !NEEDS_SIGNALS.has(stage)) return null;
    // What the file holds no values for will have to be drawn, too.
    const absent = [...model.parameters.keys()].filter((name) => !facts.has(name));
    const mended: ReadonlyMap<string, PlannedTensor> = mends.replacing([...tensorsToRedraw(findings), ...absent]);
    const normalize = findings.some(({ rule }) => rule === "unnormalized-input");
    const key = JSON.stringify([[...mended.keys()], normalize]);
    if (known?.key === key) return known.signals;
    const signals = await look(mended, normalize);
    known = { key, signals };
    return signals;
  };

  async function look(mended: ReadonlyMap<string, PlannedTensor>, normalize: boolean): Promise<Signals> {
    const input = options.data ? inputOf(model, options.data) : null;
    if (!options.data || !data || input === null) return predictSignals(model, usages, facts, { ...expected, mended });
    const { measureSignals } = await import("./signals/measure.ts");
    return measureSignals(model, usages, {
      rows: options.data,
      input,
      // What the rows are is said already: the weights are judged on normalized ones.
      scaling: normalize ? { mean: data.mean, std: data.std || 1 } : { mean: 0, std: 1 },
      mended,
      seed,
      mode,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress
        ? { onProgress: (done: number) => options.onProgress?.(done, "running on the data") }
        : {}),
    });
  }
}

const NEEDS_SIGNALS: ReadonlySet<Stage> = new Set<Stage>(["units", "saturation", "depth", "output"]);

/** Rows that the loss is taken over: λ_max of some hundred rows is within a few per cent of that of all. */
const MOST_ROWS = 256;

async function curvature({ model }: Subject, { data, learningRate, mode = "train" }: CheckOptions) {
  if (learningRate === undefined) return null;
  if (!data?.labels) throw new Error("check: --lr needs --data with labels to measure the loss on, got none");
  const { sharpness } = await import("../run/index.ts");
  const samples = Math.min(MOST_ROWS, data.count);
  const rows = {
    count: samples,
    inputs: data.values.subarray(0, samples * data.features),
    targets: data.labels.subarray(0, samples),
  };
  const { lambdaMax } = await sharpness(model, rows, { weights: new Map(), loss: "cross-entropy", mode, seed: 0 });
  return { learningRate, largestCurvature: lambdaMax, samples };
}
