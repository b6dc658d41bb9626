/** The worker's side of one's own model: opened once, asked many times. */

import { checkModel, identifyModel } from "../../../../src/check/index.ts";
import type { Finding, RuleName, Severity } from "../../../../src/check/types.ts";
import { describe } from "../../../../src/init/index.ts";
import type { WeightDtype } from "../../../../src/materialize/index.ts";
import type { Model } from "../../../../src/model/types.ts";
import { analyse, plan } from "../../../../src/plan/index.ts";
import type { Plan, PlannedLayer } from "../../../../src/plan/types.ts";
import { tellOnce } from "../../../../src/report/check/places.ts";
import { cautionsOf, groupReasons, type Reason } from "../../../../src/report/groups.ts";
import { inspectionFinding } from "../../../../src/report/inspect/index.ts";
import { histogramText, likenessText, troubleText } from "../../../../src/report/inspect/likeness.ts";
import { verdictOf } from "../../../../src/report/verdict.ts";
import type { Inputs } from "../../state/inputs.ts";
import type { Context } from "../../work/protocol.ts";
import { type Drawn, drawWeights } from "./draw.ts";
import { mainFile, openFiles } from "./open.ts";
import { fileSource } from "./source.ts";

/** Files of one model; `id` changes with them. */
export interface Given {
  readonly id: number;
  readonly files: readonly File[];
}

let known: { readonly id: number; readonly model: Promise<Model> } | null = null;

/** Opened once for all tasks. */
function modelOf({ id, files }: Given): Promise<Model> {
  if (known?.id !== id)
    known = { id, model: openFiles(files.map((file) => ({ name: file.name, source: fileSource(file) }))) };
  return known.model;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

export interface Row {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly role: string;
  /** What uses it; "unknown" without a graph. */
  readonly op: string;
}

export interface Opened {
  readonly name: string;
  readonly format: Model["format"];
  readonly bytes: number;
  readonly scalars: number;
  readonly hasGraph: boolean;
  /** The file holds numbers, not shapes alone. */
  readonly hasValues: boolean;
  readonly rows: readonly Row[];
}

/** What the file's header says. */
export async function* open(given: Given): AsyncGenerator<Opened> {
  const model = await modelOf(given);
  const uses = analyse(model).byName;
  const parameters = [...model.parameters.values()];
  yield {
    name: model.name,
    format: model.format,
    bytes: given.files.reduce((sum, { size }) => sum + size, 0),
    scalars: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    hasGraph: model.nodes.length > 0,
    hasValues: parameters.some(({ stored }) => stored.kind !== "absent" && stored.kind !== "filled"),
    rows: parameters.map(({ name, shape, dtype, role }) => ({
      name,
      shape,
      dtype,
      role,
      op: uses.get(name)?.op ?? "unknown",
    })),
  };
}

export interface Prediction {
  /** The finding. */
  readonly title: string;
  readonly layers: readonly PlannedLayer[];
}

const predictionOf = (made: Plan): Prediction => ({ title: verdictOf(made).title, layers: made.layers });

export interface Planned extends Prediction {
  readonly scheme: string;
  /** By parameter: the initializer in words, its standard deviation. */
  readonly drawn: ReadonlyMap<string, { readonly law: string; readonly std: number }>;
  readonly reasons: readonly Reason[];
  readonly cautions: readonly string[];
}

export interface Planning {
  readonly given: Given;
  readonly scheme: string;
  readonly inputs: Inputs;
}

/** What the scheme makes of the model: the numbers of `epoch0 plan`. */
export async function* planned({ given, scheme, inputs }: Planning): AsyncGenerator<Planned> {
  const made = plan(await modelOf(given), { scheme, ...inputs });
  yield {
    ...predictionOf(made),
    scheme,
    drawn: new Map(made.tensors.map(({ name, initializer, std }) => [name, { law: describe(initializer), std }])),
    reasons: groupReasons(made.tensors),
    cautions: cautionsOf(made),
  };
}

export interface Seen {
  readonly name: string;
  readonly std: number;
  readonly histogram: string;
  readonly looksLike: string;
}

export interface Told {
  readonly severity: Severity;
  readonly rule: RuleName;
  readonly message: string;
  readonly fix: string;
  readonly places: readonly string[];
}

export type Examined =
  | { readonly kind: "tensors"; readonly done: number; readonly seen: readonly Seen[] }
  /** All tensors are seen; what they look like together, and what signal they are predicted to make. */
  | { readonly kind: "before"; readonly finding: string; readonly before: Prediction | null; readonly why: string }
  | { readonly kind: "checked"; readonly line: string; readonly findings: readonly Told[] };

const TOLD_MS = 150;

/** Findings as the terminal tells them: like ones once, the most serious first; what a tensor looks like stands in the table. */
function told(findings: readonly Finding[]): Told[] {
  const order: readonly Severity[] = ["error", "warning", "info"];
  return order.flatMap((severity) =>
    tellOnce(findings.filter((each) => each.severity === severity && each.rule !== "looks-like")).map(
      ({ first: { rule, message, fix }, places }) => ({ severity, rule, message, fix, places }),
    ),
  );
}

function beforeOf(model: Model, inputs: Inputs): { readonly before: Prediction | null; readonly why: string } {
  if (model.nodes.length === 0) return { before: null, why: "" };
  try {
    return { before: predictionOf(plan(model, { scheme: "file", ...inputs })), why: "" };
  } catch (error) {
    return { before: null, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads the weights, tensor by tensor: statistics and origin, then the signal that they make, then the findings of `epoch0 check`. */
export async function* examine(
  { given, inputs }: { readonly given: Given; readonly inputs: Inputs },
  context: Context,
): AsyncGenerator<Examined> {
  const model = await modelOf(given);
  const scalars = [...model.parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const all: Parameters<typeof inspectionFinding>[0][number][] = [];
  let [done, last] = [0, performance.now()];
  let seen: Seen[] = [];
  for (const { parameter, statistics, likeness } of identifyModel(model)) {
    const { name, role } = parameter;
    const { nan, infinite, std } = statistics;
    all.push({ name, role, nan, infinite, likeness });
    const trouble = troubleText(statistics);
    const like = likenessText({ likeness });
    seen.push({
      name,
      std,
      histogram: histogramText(statistics, 12),
      looksLike: trouble === "" || likeness.family === "sparse" ? like : `${like}, ${trouble}`,
    });
    done += statistics.count;
    await context.breathe();
    if (performance.now() - last < TOLD_MS) continue;
    yield { kind: "tensors", done: done / Math.max(1, scalars), seen };
    [seen, last] = [[], performance.now()];
  }
  yield { kind: "tensors", done: 1, seen };
  yield { kind: "before", finding: inspectionFinding(all), ...beforeOf(model, inputs) };
  const { findings, summary } = await checkModel(model, inputs);
  yield { kind: "checked", line: summary.line, findings: told(findings) };
}

export interface Ask extends Planning {
  readonly seed: number;
  readonly dtype: WeightDtype;
  readonly handle: FileSystemFileHandle | null;
}

/** New weights as a file: byte for byte what `epoch0 init` writes. */
export async function* draw(
  { given, scheme, inputs, seed, dtype, handle }: Ask,
  context: Context,
): AsyncGenerator<Drawn> {
  const model = await modelOf(given);
  const source = fileSource(mainFile(given.files));
  yield* drawWeights({ model, plan: plan(model, { scheme, seed, ...inputs }), source, dtype, handle }, context);
}
