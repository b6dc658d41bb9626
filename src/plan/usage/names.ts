/** Parts from names and shapes alone, for files without a graph: what PyTorch, Keras and JAX call their parameters. */

import { fans } from "../../init/index.ts";
import type { Parameter } from "../../model/types.ts";
import { type FanConventions, matrixFans, noFans, recurrentFans, tableFans } from "./fans.ts";
import type { Part } from "./parts.ts";
import type { ParameterUsage } from "./types.ts";

const GATES: Readonly<Record<string, readonly string[]>> = {
  lstm: ["i", "f", "g", "o"],
  gru: ["r", "z", "n"],
  rnn: ["h"],
};

const BY_ENDING: readonly (readonly [RegExp, Part])[] = [
  [/(^|[._/])weight_ih(_l\d+)?(_reverse)?$/, "input-weight"],
  [/(^|[._/])weight_h[hr](_l\d+)?(_reverse)?$/, "recurrent-weight"],
  [/(^|[._/])bias_ih(_l\d+)?(_reverse)?$/, "input-bias"],
  [/(^|[._/])bias_hh(_l\d+)?(_reverse)?$/, "recurrent-bias"],
  [/num_batches_tracked$/, "counter"],
  [/(running|moving)_mean(:0)?$/, "running-mean"],
  [/(running_var|moving_variance)(:0)?$/, "running-variance"],
  [/(^|[._/])(layer_scale|ls\d?\.gamma|gamma_[12])$/, "layer-scale"],
  [/(pos_embed|position_embedding|pos_embedding|positional_embedding|wpe)(s)?(\.weight)?$/, "position"],
  [/(cls_token|class_token|class_embedding|mask_token|dist_token|register_tokens)$/, "token"],
];

function partFromName(parameter: Parameter): Part {
  for (const [ending, part] of BY_ENDING) if (ending.test(parameter.name)) return part;
  switch (parameter.role) {
    case "weight":
      return "weight";
    case "bias":
      return "bias";
    case "scale":
      return "scale";
    case "shift":
      return "shift";
    case "embedding":
      return "table";
    case "recurrent":
      return parameter.shape.length < 2 ? "input-bias" : "input-weight";
    case "statistic":
      return parameter.shape.length === 0 ? "counter" : "running-mean";
    case "other":
      return "unknown";
  }
}

const BLOCKS: Readonly<Record<number, string>> = { 4: "lstm", 3: "gru", 1: "rnn" };

/**
 * Cell by the number of blocks of `hidden` rows that a recurrent matrix holds. The hidden size is the width of weight_hh
 * beside it, or that of weight_hr where the output is projected (PyTorch's proj_size).
 */
function cellOf(parameter: Parameter, all: ReadonlyMap<string, Parameter>): { cell: string; hidden: number } | null {
  const beside = (matrix: string) => all.get(parameter.name.replace(/(weight|bias)_(ih|hh|hr)/, matrix));
  const projection = beside("weight_hr");
  const hidden = (projection ?? beside("weight_hh"))?.shape[1] ?? 0;
  const rows = beside("weight_hh")?.shape[0] ?? 0;
  const cell = hidden > 0 ? BLOCKS[rows / hidden] : undefined;
  return cell === undefined ? null : { cell, hidden };
}

function opFromPart(part: Part, shape: readonly number[], cell: string | null): string {
  if (cell !== null) return cell;
  switch (part) {
    case "weight":
      return shape.length > 2 ? "conv" : shape.length === 2 ? "linear" : "unknown";
    case "table":
      return "embedding";
    case "scale":
    case "shift":
      return "norm";
    case "running-mean":
    case "running-variance":
    case "counter":
      return "batch-norm";
    case "position":
    case "token":
    case "layer-scale":
      return part;
    default:
      return "unknown";
  }
}

type Layout = "out-in" | "in-out";

/**
 * Which axis counts the outputs: the one as long as the bias beside it, where that decides. Else the last for what Keras and Flax call
 * a kernel, and PyTorch's first.
 */
function layoutOf({ name, shape }: Parameter, all: ReadonlyMap<string, Parameter>): Layout {
  const bias = all.get(name.replace(/(weight|kernel)(:0)?$/, "bias$2"));
  const outputs = bias?.name !== name && bias?.shape.length === 1 ? bias.shape[0] : undefined;
  const [first, last] = [shape[0], shape.at(-1)];
  if (outputs !== undefined && first !== last) {
    if (outputs === first) return "out-in";
    if (outputs === last) return "in-out";
  }
  return /(^|[._/])kernel(:0)?$/.test(name) ? "in-out" : "out-in";
}

function fansFromPart(part: Part, shape: readonly number[], gates: number, layout: Layout): FanConventions {
  if (part === "weight" && shape.length >= 2) return matrixOrKernel(shape, layout);
  if (part === "table") return tableFans(shape);
  if (part === "input-weight" || part === "recurrent-weight")
    return gates > 0 ? recurrentFans(shape, gates) : matrixFans(shape, "out-in");
  return noFans;
}

/** Features of a matrix in a stack; a kernel's taps are rarely as many. */
const FEWEST_FEATURES = 16;

/**
 * A matrix for each of some experts, [experts, out, in] or [experts, in, out], and no kernel [out, in, taps]: more taps than outputs,
 * and fewer outputs than inputs, no layer has.
 */
function isStack([members = 0, rows = 0, columns = 0, ...rest]: readonly number[]): boolean {
  return rest.length === 0 && members > 1 && members < Math.min(rows, columns) && columns >= FEWEST_FEATURES;
}

function matrixOrKernel(shape: readonly number[], layout: Layout): FanConventions {
  if (shape.length === 2) return matrixFans(shape, layout);
  if (layout === "out-in" && isStack(shape)) return matrixFans(shape.slice(1), layout);
  const kernel = fans(shape, { op: "conv", layout });
  return { true: kernel, torch: kernel, keras: kernel };
}

function weightBeside({ name }: Parameter, all: ReadonlyMap<string, Parameter>): Parameter | undefined {
  const named = (weight: string) => all.get(name.replace(/bias(:0)?$/, `${weight}$1`));
  return named("weight") ?? named("kernel");
}

/**
 * A parameter's usage where no graph tells it: a bias belongs to the weight of the same module and tells which of its axes
 * counts the outputs; without one PyTorch's layout ([out, in, …kernel]) is assumed, Keras' for a kernel.
 */
export function usageFromName(parameter: Parameter, all: ReadonlyMap<string, Parameter>): ParameterUsage {
  const part = partFromName(parameter);
  const cell = /-(weight|bias)$/.test(part) ? cellOf(parameter, all) : null;
  // weight_hr projects the output: it has no gates.
  const gates = cell && !/weight_hr/.test(parameter.name) ? (GATES[cell.cell] ?? []) : [];
  const sibling = part === "bias" ? weightBeside(parameter, all) : undefined;
  const owner = sibling && sibling !== parameter ? sibling : null;
  return {
    parameter,
    part,
    op: owner ? opFromPart("weight", owner.shape, null) : opFromPart(part, parameter.shape, cell?.cell ?? null),
    node: null,
    uses: [],
    fans: owner
      ? fansFromPart("weight", owner.shape, 0, layoutOf(owner, all))
      : fansFromPart(part, parameter.shape, gates.length, layoutOf(parameter, all)),
    gates,
    hidden: cell?.hidden ?? 0,
    owner: owner?.name ?? null,
    output: null,
    input: null,
    activation: null,
    preceding: null,
    normalized: false,
    residual: null,
    writes: false,
    readout: null,
    attention: null,
    gate: false,
    first: false,
    tied: false,
  };
}
