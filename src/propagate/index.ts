/**
 * Forward and backward second moments through a model, in the wide-layer limit.
 *
 * Gradients are those of L = Σ y·g, g ~ N(0, 1) independent, one sample (DESIGN 5). Backward weights count as independent
 * of forward activations (gradient independence, Schoenholz et al. 2017; Yang 2019).
 */

import type { Model, ModelInput, Node, Warning } from "../model/types.ts";
import { addGradient, type Context, type Gradient, plainGradient, type Rule, totalKernel } from "./context.ts";
import { diagonal, uniformKernel } from "./kernel.ts";
import { initialLayout, positionLayout, positionSizes } from "./layout.ts";
import { activationOf, activationRule } from "./rule-activation.ts";
import { maskRule, matmulRule, softmaxRule } from "./rule-attention.ts";
import { combineRule } from "./rule-combine.ts";
import { convRule } from "./rule-conv.ts";
import { embeddingRule, linearRule } from "./rule-linear.ts";
import { normalizeRule } from "./rule-normalize.ts";
import { poolRule } from "./rule-pool.ts";
import { recurrentRule } from "./rule-recurrent.ts";
import { reduceRule } from "./rule-reduce.ts";
import {
  concatRule, dropoutRule, expandRule, gatherRule, identityRule, opaqueRule, padRule, reshapeRule, resizeRule, sliceRule, splitRule, transposeRule,
} from "./rule-shape.ts";
import { averageOver, channelsOf, type State, stateMean, stateSecondMoment } from "./state.ts";
import { saturation } from "./saturation.ts";
import type { ActivationStatistics, ParameterLaw, PropagateOptions, Propagation, TensorSignal } from "./types.ts";

export type * from "./types.ts";

type Rules = { readonly [K in Node["kind"]]: Rule<Extract<Node, { kind: K }>> };

const RULES: Rules = {
  linear: linearRule, conv: convRule, embedding: embeddingRule, recurrent: recurrentRule, activation: activationRule, combine: combineRule,
  matmul: matmulRule, softmax: softmaxRule, normalize: normalizeRule, pool: poolRule, reduce: reduceRule, reshape: reshapeRule,
  transpose: transposeRule, expand: expandRule, concat: concatRule, split: splitRule, slice: sliceRule, gather: gatherRule, pad: padRule,
  resize: resizeRule, mask: maskRule, dropout: dropoutRule, identity: identityRule, opaque: opaqueRule,
};

/** The rule of a node's kind. The table is indexed by the same kind that the node bears, which the type cannot say. */
function ruleOf<K extends Node["kind"]>(kind: K): Rules[K] {
  return RULES[kind];
}

/** Image-like when the first layer that reads it (through elementwise nodes) treats axis 1 as channels. */
function orderOf(input: ModelInput, consumers: ReadonlyMap<string, readonly Node[]>): "image" | "sequence" {
  const seen = new Set<string>();
  let frontier = [input.name];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const tensor of frontier)
      for (const node of consumers.get(tensor) ?? []) {
        if (seen.has(node.name)) continue;
        seen.add(node.name);
        if (node.kind === "conv" || node.kind === "pool" || node.kind === "resize" || (node.kind === "normalize" && node.method !== "layer" && node.method !== "rms")) return "image";
        if (node.kind === "linear" || node.kind === "recurrent" || node.kind === "matmul" || node.kind === "normalize") return "sequence";
        next.push(...node.outputs);
      }
    frontier = next;
  }
  return input.shape.length >= 4 ? "image" : "sequence";
}

function inputState(input: ModelInput, context: Context): State {
  const batchAxis = input.batchAxis;
  if (input.vocabulary !== null) {
    const layout = positionLayout(input.shape, batchAxis);
    const level = input.vocabulary ** 2 / 3;
    return { shape: input.shape, layout, parts: [{ channels: 1, mean: (input.vocabulary - 1) / 2, kernel: uniformKernel(positionSizes(layout), level, 0.75), between: level, cross: level * 0.75, spread: 0, freedom: Number.POSITIVE_INFINITY, shape: null }] };
  }
  const layout = initialLayout(input.shape, batchAxis, orderOf(input, context.consumers));
  const square = context.inputMean * context.inputMean;
  const level = square + context.inputVariance;
  const channels = layout.flat().reduce((n, f) => (f.role === "channel" ? n * f.size : n), 1);
  return {
    shape: input.shape,
    layout,
    parts: [{ channels, mean: context.inputMean, kernel: uniformKernel(positionSizes(layout), level, level === 0 ? 0 : square / level), between: square, cross: square, spread: 0, freedom: Number.POSITIVE_INFINITY, shape: null }],
  };
}

function index(nodes: readonly Node[]): { producers: Map<string, Node>; consumers: Map<string, Node[]> } {
  const producers = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const output of node.outputs) if (output !== "") producers.set(output, node);
    for (const input of new Set(node.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  return { producers, consumers };
}

const outputGradient = (state: State): Gradient => plainGradient(state.parts.map((part) => uniformKernel(part.kernel.sizes, 1, 0)));

function signalOf(state: State, gradient: Gradient | undefined): TensorSignal {
  const spread = Math.sqrt(Math.max(0, averageOver(state, (part) => part.spread)));
  const size = gradient ? state.parts.reduce((sum, part, i) => sum + part.channels * diagonal(totalKernel(gradient[Math.min(i, gradient.length - 1)])), 0) / channelsOf(state) : 0;
  return { mean: stateMean(state), secondMoment: stateSecondMoment(state), spread, gradient: size };
}

/** Forward then backward through one node of kind K. */
function forwardThrough<K extends Node["kind"]>(node: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>, context: Context): void {
  const states = rule.forward(node, context);
  node.outputs.forEach((output, i) => {
    if (output !== "" && states[i]) context.states.set(output, states[i]);
  });
}

/**
 * Predicts the size of every signal and gradient of a model.
 *
 * @param model any model with a graph; opaque nodes pass their first input's moments on
 * @param law mean and variance of one entry of each parameter
 * @returns per tensor mean, second moment, spread between draws (standard deviation of ln second moment) and gradient
 *   second moment; per parameter the mean square of ∂L/∂W for one sample
 * @example
 * propagate(model, () => ({ mean: 0, variance: 1 / 128 })).signals.get("output")
 */
export function propagate(model: Model, law: (parameter: string) => ParameterLaw, { inputMean = 0, inputVariance = 1, mode = "train", batch = 64 }: PropagateOptions = {}): Propagation {
  const warnings = new Map<string, Warning>();
  const context: Context = {
    model, law, mode, batch, inputMean, inputVariance,
    states: new Map(), gradients: new Map(), parameterGradients: new Map(), maps: new Map(), moments: new Map(), attentionGradients: new Map(),
    ...index(model.nodes),
    warn: (warning) => warnings.set(`${warning.code}|${warning.where ?? ""}`, warning),
  };
  for (const input of model.inputs) context.states.set(input.name, inputState(input, context));
  for (const node of model.nodes) visitForward(node, context);
  for (const output of model.outputs) {
    const state = context.states.get(output);
    if (state) addGradient(context, output, outputGradient(state));
  }
  for (let i = model.nodes.length - 1; i >= 0; i--) visitBackward(model.nodes[i], context);
  const signals = new Map<string, TensorSignal>();
  for (const [tensor, state] of context.states) signals.set(tensor, signalOf(state, context.gradients.get(tensor)));
  return { signals, gradients: context.parameterGradients, activations: activationStatistics(context), warnings: [...warnings.values()] };
}

function visitForward(node: Node, context: Context): void {
  const visit = <K extends Node["kind"]>(n: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>) => forwardThrough(n, rule, context);
  dispatch(node, visit);
}

function visitBackward(node: Node, context: Context): void {
  const gradients = node.outputs.map((output) => context.gradients.get(output) ?? null);
  if (gradients.every((g) => g === null)) return;
  dispatch(node, (n, rule) => rule.backward(n, context, gradients));
}

type Visit = <K extends Node["kind"]>(node: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>) => void;

/** Pairs a node with its rule; one case a kind, so that a new kind does not compile until it has one. */
function dispatch(node: Node, visit: Visit): void {
  switch (node.kind) {
    case "linear": return visit<"linear">(node, ruleOf("linear"));
    case "conv": return visit<"conv">(node, ruleOf("conv"));
    case "embedding": return visit<"embedding">(node, ruleOf("embedding"));
    case "recurrent": return visit<"recurrent">(node, ruleOf("recurrent"));
    case "activation": return visit<"activation">(node, ruleOf("activation"));
    case "combine": return visit<"combine">(node, ruleOf("combine"));
    case "matmul": return visit<"matmul">(node, ruleOf("matmul"));
    case "softmax": return visit<"softmax">(node, ruleOf("softmax"));
    case "normalize": return visit<"normalize">(node, ruleOf("normalize"));
    case "pool": return visit<"pool">(node, ruleOf("pool"));
    case "reduce": return visit<"reduce">(node, ruleOf("reduce"));
    case "reshape": return visit<"reshape">(node, ruleOf("reshape"));
    case "transpose": return visit<"transpose">(node, ruleOf("transpose"));
    case "expand": return visit<"expand">(node, ruleOf("expand"));
    case "concat": return visit<"concat">(node, ruleOf("concat"));
    case "split": return visit<"split">(node, ruleOf("split"));
    case "slice": return visit<"slice">(node, ruleOf("slice"));
    case "gather": return visit<"gather">(node, ruleOf("gather"));
    case "pad": return visit<"pad">(node, ruleOf("pad"));
    case "resize": return visit<"resize">(node, ruleOf("resize"));
    case "mask": return visit<"mask">(node, ruleOf("mask"));
    case "dropout": return visit<"dropout">(node, ruleOf("dropout"));
    case "identity": return visit<"identity">(node, ruleOf("identity"));
    case "opaque": return visit<"opaque">(node, ruleOf("opaque"));
  }
}

function activationStatistics(context: Context): Map<string, ActivationStatistics> {
  const statistics = new Map<string, ActivationStatistics>();
  for (const node of context.model.nodes) {
    if (node.kind !== "activation") continue;
    const state = context.states.get(node.inputs[0]);
    if (!state) continue;
    const activation = activationOf(context, node);
    const variance = Math.max(0, stateSecondMoment(state) - stateMean(state) ** 2);
    statistics.set(node.name, { activation: activation.label, ...saturation(activation, stateMean(state), variance) });
  }
  return statistics;
}
