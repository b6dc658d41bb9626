/** One step of the signal: the mean square of a node's output from those of its inputs. */

import type { ActivationNode, CombineNode, ConvNode, LinearNode, Node, NormalizeNode } from "../../model/types.ts";
import { corrected, type Known, labelOf, lawOfParameter, referenceOf, sizeOf, sizeOfParameter, step } from "./known.ts";
import { tapShare } from "./taps.ts";
import { product, type Quantity, quantity, quotient, square, sum, type Term } from "./term.ts";
import type { Section, Step } from "./types.ts";

interface Reasoned {
  readonly term: Term;
  readonly title?: string;
  readonly source?: string;
}

/** The step through `node` to `output`; null where nothing changes that a formula could say. */
export function forwardStep(known: Known, node: Node, output: string, section: Section = "input"): Step | null {
  if (!known.signals.has(output)) return null;
  const result = sizeOf(known, output);
  const reasoned = reasonOf(known, node, result);
  if (reasoned === null) return null;
  const { term, title = titleOf(node), source } = reasoned;
  return step(section, { title, node, symbol: result.symbol, term, source });
}

const WORDS: Readonly<Record<CombineNode["operation"], string>> = {
  add: "sum",
  subtract: "difference",
  multiply: "product",
  divide: "quotient",
  maximum: "maximum",
  minimum: "minimum",
  power: "power",
};

const shortName = (weight: string): string => weight.replace(/\.(weight|kernel)$/, "");

/** A node in a word or two; the first word is its kind. */
export const titleOf = (node: Node): string => {
  switch (node.kind) {
    case "activation":
      return labelOf(node);
    case "combine":
      return WORDS[node.operation];
    case "normalize":
      return `${node.method} norm`;
    case "pool":
      return `${node.method} pooling`;
    case "linear":
      return `linear ${shortName(node.weight)}`;
    case "conv":
      return `conv ${shortName(node.weight)}`;
    case "reduce":
      return `${node.method} over axes`;
    default:
      return node.kind;
  }
};

function reasonOf(known: Known, node: Node, result: Quantity): Reasoned | null {
  switch (node.kind) {
    case "linear":
    case "conv":
      return weighted(known, node, result);
    case "activation":
      return activated(known, node, result);
    case "combine":
      return combined(known, node, result);
    case "normalize":
      return normalized(known, node, result);
    case "embedding": {
      const table = sizeOfParameter(known, node.table, "E");
      return { term: corrected(table, result, "rows that differ") };
    }
    case "matmul": {
      const [left = "", right = ""] = node.inputs;
      const inner = known.model.tensors.get(left)?.shape.at(-1) ?? 1;
      const scale = node.scale === 1 ? [] : [square(quantity("scale", node.scale, "factor on the product"))];
      const term = product(
        quantity("n", inner, "products in a sum"),
        sizeOf(known, left),
        sizeOf(known, right),
        ...scale,
      );
      return {
        term: corrected(
          term,
          result,
          "values that vary together: entries at different positions, attention's rows of sum 1",
        ),
      };
    }
    case "concat":
      return joined(known, node, result);
    case "dropout":
      return isSame(known, node, result) ? null : dropped(known, node.ratio, node.inputs[0] ?? "", result);
    case "recurrent":
    case "softmax":
      return { term: { ...result, meaning: "worked out by the propagation, over all steps and gates" } };
    default:
      return isSame(known, node, result) ? null : rescaled(known, node, result);
  }
}

function dropped(known: Known, ratio: number, input: string, result: Quantity): Reasoned {
  const kept = quantity("kept", 1 - ratio, "share that dropout keeps; what is kept is divided by it");
  return { term: corrected(quotient(sizeOf(known, input), kept), result, "positions"), source: "Srivastava 2014" };
}

const isSame = (known: Known, node: Node, result: Quantity): boolean => {
  const before = known.signals.get(node.inputs[0] ?? "")?.secondMoment;
  return before !== undefined && Math.abs(before - result.value) <= 5e-4 * Math.abs(result.value);
};

const REASONS: Partial<Record<Node["kind"], string>> = {
  pool: "what pooling leaves: averages keep what neighbours share, a maximum is larger than a typical value",
  reduce: "what the reduction leaves: an average keeps what the positions share",
  resize: "what interpolation leaves between neighbours",
  pad: "share of positions that are not padding",
  mask: "share of positions that are kept",
};

function rescaled(known: Known, node: Node, result: Quantity): Reasoned {
  const before = sizeOf(known, node.inputs[0] ?? "");
  if (!(before.value > 0)) return { term: result };
  const factor = quantity("r", result.value / before.value, REASONS[node.kind] ?? "what this operation leaves");
  return { term: product(factor, before) };
}

/** q = n·E[W²]·E[a²] + E[b²], with the share of the taps that meet real input. */
function weighted(known: Known, node: LinearNode | ConvNode, result: Quantity): Reasoned {
  const input = node.inputs[0] ?? "";
  const usage = known.usages.byName.get(node.weight);
  const fan = quantity("fan_in", usage?.fans.true.fanIn ?? 1, "products that enter one output value");
  const factors: Term[] = [fan];
  const share = node.kind === "conv" ? shareOf(known, node) : 1;
  if (share < 1) factors.push(quantity("ρ", share, "share of the taps that meet real input, not padding"));
  if (node.kind === "linear" && node.scale !== 1)
    factors.push(square(quantity("scale", node.scale, "factor on the product")));
  factors.push(sizeOfParameter(known, node.weight, "W"), sizeOf(known, input));
  const bias = node.bias === null ? null : sizeOfParameter(known, node.bias, "b");
  const rest = bias && bias.value !== 0 ? bias : null;
  const wanted = { ...result, value: result.value - (rest?.value ?? 0) };
  const main = corrected(product(...factors), wanted, "borders, and entries that vary together");
  const term = main.kind === "quantity" ? result : rest ? sum(main, rest) : main;
  return { term, source: "He 2015, eq. 7" };
}

/** Of a convolution in the model, from the shapes around it. */
export function shareOf(known: Known, node: ConvNode): number {
  const spatial = (tensor: string) => known.model.tensors.get(tensor)?.shape.slice(2) ?? [];
  return tapShare(node, spatial(node.inputs[0] ?? ""), spatial(node.outputs[0] ?? ""));
}

function activated(known: Known, node: ActivationNode, result: Quantity): Reasoned {
  const signal = known.signals.get(node.inputs[0] ?? "");
  const { mean = 0, secondMoment = 0 } = signal ?? {};
  const variance = secondMoment - mean * mean;
  if (!Number.isFinite(secondMoment) || !(variance > 0)) return { term: result };
  const term: Term = {
    kind: "moment",
    of: "value",
    activation: referenceOf(known, node),
    label: labelOf(node),
    mean: quantity("μ", mean, "mean of the pre-activation"),
    variance: quantity("q − μ²", variance, "its variance"),
  };
  return { term: corrected(term, result, "the law is not quite Gaussian, or differs between positions") };
}

function combined(known: Known, node: CombineNode, result: Quantity): Reasoned {
  const [left = "", right = ""] = node.inputs;
  const [first, second] = distinct(sizeOf(known, left), sizeOf(known, right));
  switch (node.operation) {
    case "add":
    case "subtract": {
      const sign = node.operation === "add" ? 1 : -1;
      const rest = result.value - first.value - second.value;
      if (!Number.isFinite(rest)) return { term: result };
      if (Math.abs(rest) <= 5e-4 * result.value) return { term: sum(first, second) };
      const name = sign === 1 ? "2·E[s₁s₂]" : "−2·E[s₁s₂]";
      return { term: sum(first, second, quantity(name, rest, "what the two sides share, from their common ancestor")) };
    }
    case "multiply":
      return { term: corrected(product(first, second), result, "sides that vary together") };
    case "divide": {
      const constant = known.model.constants.has(right) || known.model.parameters.has(right);
      return { term: constant ? corrected(quotient(first, second), result, "values that differ") : result };
    }
    default:
      return { term: result };
  }
}

/** Two quantities of one sum need two symbols. */
function distinct(first: Quantity, second: Quantity): readonly [Quantity, Quantity] {
  if (first.symbol !== second.symbol) return [first, second];
  const numbered = (each: Quantity, index: string) => ({ ...each, symbol: each.symbol.replace("²]", `${index}²]`) });
  return [numbered(first, "₁"), numbered(second, "₂")];
}

function joined(known: Known, node: Node, result: Quantity): Reasoned | null {
  if (node.inputs.length !== 2) return isSame(known, node, result) ? null : { term: result };
  const count = (tensor: string) => (known.model.tensors.get(tensor)?.shape ?? []).reduce((a, b) => a * b, 1);
  const [left = "", right = ""] = node.inputs;
  const [first, second] = distinct(sizeOf(known, left), sizeOf(known, right));
  const total = count(left) + count(right);
  if (!(count(left) > 0) || !(count(right) > 0)) return { term: result };
  const share = (tensor: string, index: string) =>
    quantity(`n${index}/n`, count(tensor) / total, `share of the entries that come from ${tensor}`);
  const term = sum(product(share(left, "₁"), first), product(share(right, "₂"), second));
  return { term: corrected(term, result, "parts that differ") };
}

/** γ²·Var(x)/(Var(x) + ε) + β². */
function normalized(known: Known, node: NormalizeNode, result: Quantity): Reasoned {
  const signal = known.signals.get(node.inputs[0] ?? "");
  if (!signal || !(signal.secondMoment > 0)) return { term: result };
  const centred = node.method === "rms" ? signal.secondMoment : signal.secondMoment - signal.mean ** 2;
  const size = quantity(node.method === "rms" ? "E[x²]" : "Var(x)", centred, "what comes in");
  const stored = node.variance !== null && isEvaluated(known, node, centred, result);
  const by = stored ? quantity("v", lawOfParameter(known, node.variance ?? "").mean, "running variance") : size;
  const ratio = quotient(size, sum(by, quantity("ε", node.epsilon, "the norm's guard against 0")));
  const scale = node.scale === null ? [] : [sizeOfParameter(known, node.scale, "γ")];
  const shift = node.shift === null ? null : sizeOfParameter(known, node.shift, "β");
  const rest = shift && shift.value !== 0 ? shift : null;
  const wanted = { ...result, value: result.value - (rest?.value ?? 0) };
  const main = corrected(
    product(...scale, ratio),
    wanted,
    "statistics of finitely many entries, and means that differ between channels",
  );
  return { term: main.kind === "quantity" ? result : rest ? sum(main, rest) : main };
}

/** Whether the prediction divided by running statistics (evaluation) rather than the batch's own. */
function isEvaluated(known: Known, node: NormalizeNode, centred: number, result: Quantity): boolean {
  if (node.method !== "batch" || node.variance === null) return false;
  const scale = node.scale === null ? 1 : lawOfParameter(known, node.scale).secondMoment;
  const running = lawOfParameter(known, node.variance).mean;
  const byRunning = Math.abs(Math.log((scale * centred) / (running + node.epsilon) / result.value));
  const byBatch = Math.abs(Math.log((scale * centred) / (centred + node.epsilon) / result.value));
  return byRunning < byBatch;
}
