/**
 * Forward and backward second moments through a model, in the wide-layer limit.
 *
 * Gradients are those of L = Σ y·g, g ~ N(0, 1) independent, one sample (DESIGN 5). Backward weights count as independent
 * of forward activations (gradient independence, Schoenholz et al. 2017; Yang 2019).
 */

import { saturation } from "../activation/index.ts";
import type { Model, Node, Warning } from "../model/types.ts";
import { addGradient, type Context, type Gradient, plainGradient, type Rule, totalKernel } from "./context.ts";
import { inputState } from "./inputs.ts";
import { diagonal, sumKernels, uniformKernel } from "./kernel/kernel.ts";
import { bounded } from "./law/bounded.ts";
import { activationOf, homogeneous } from "./law/form.ts";
import { ruleWarnings } from "./rules/custom.ts";
import { dispatch } from "./rules/index.ts";
import { forgetJoints } from "./state/joint.ts";
import { averageOver, channelsOf, type State, stateMean, stateSecondMoment } from "./state/state.ts";
import { addCommonOfUses, commonOfReaders } from "./ties/joint-gradient.ts";
import type { ActivationStatistics, ParameterLaw, PropagateOptions, Propagation, TensorSignal } from "./types.ts";

export { type CustomRule, type CustomRules, type MomentRule, type Moments, momentRule } from "./rules/custom.ts";
export type * from "./types.ts";

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

const outputGradient = (state: State): Gradient =>
  plainGradient(state.parts.map((part) => uniformKernel(part.kernel.sizes, 1, 0)));

function signalOf(state: State, gradient: Gradient | undefined): TensorSignal {
  const spread = Math.sqrt(
    Math.max(
      0,
      averageOver(state, (part) => part.spread),
    ),
  );
  const size = gradient
    ? state.parts.reduce(
        (sum, part, i) => sum + part.channels * diagonal(totalKernel(gradient[Math.min(i, gradient.length - 1)])),
        0,
      ) / channelsOf(state)
    : 0;
  const common = averageOver(state, (part) => part.cross);
  return { mean: stateMean(state), secondMoment: stateSecondMoment(state), common, spread, gradient: size };
}

/** Forward then backward through one node of kind K. */
function forwardThrough<K extends Node["kind"]>(
  node: Extract<Node, { kind: K }>,
  rule: Rule<Extract<Node, { kind: K }>>,
  context: Context,
): void {
  const states = rule.forward(node, context);
  node.outputs.forEach((output, i) => {
    if (output !== "" && states[i]) context.states.set(output, states[i]);
  });
}

/** A propagation that is gone through node by node. */
export interface ForwardPass {
  /** Nodes in their order; a node may be visited again, all that follow from it then have to be too. */
  readonly visit: (node: Node) => void;
  /** Of the tensors made so far. */
  readonly signal: (tensor: string) => Pick<TensorSignal, "mean" | "secondMoment"> | undefined;
  /** Goes back through the graph, once all nodes have been visited. */
  readonly backward: () => Propagation;
}

/** Begins a propagation: whoever solves for weights reads the signals so far at every node and may change laws in between. */
export function startPropagation(
  model: Model,
  law: (parameter: string) => ParameterLaw,
  { inputMean = 0, inputVariance = 1, mode = "train", batch = 64, rules }: PropagateOptions = {},
): ForwardPass {
  const warnings = new Map<string, Warning>();
  const context: Context = {
    model,
    law,
    mode,
    batch,
    rules: rules ?? {},
    batchStatistics: mode === "train" && model.nodes.some((n) => n.kind === "normalize" && n.method === "batch"),
    inputMean,
    inputVariance,
    states: new Map(),
    gradients: new Map(),
    parameterGradients: new Map(),
    attentionGradients: new Map(),
    ...index(model.nodes),
    dispatch: (node, visit) => dispatch(node, visit, rules ?? {}),
    warn: (warning) => warnings.set(`${warning.code}|${warning.where ?? ""}`, warning),
  };
  if (rules) for (const warning of ruleWarnings(model, rules)) context.warn(warning);
  for (const input of model.inputs) context.states.set(input.name, inputState(input, context));
  const visited = new Set<Node>();
  return {
    visit: (node) => {
      if (visited.has(node)) forgetJoints(context, node.outputs);
      visited.add(node);
      visitForward(node, context);
    },
    signal: (tensor) => {
      const state = context.states.get(tensor);
      return state && { mean: stateMean(state), secondMoment: stateSecondMoment(state) };
    },
    backward: () => {
      for (const output of model.outputs) {
        const state = context.states.get(output);
        if (state) addGradient(context, output, outputGradient(state));
      }
      for (let i = model.nodes.length - 1; i >= 0; i--) visitBackward(model.nodes[i], context);
      addCommonOfUses(context);
      return {
        signals: signalsOf(context),
        gradients: context.parameterGradients,
        activations: activationStatistics(context),
        warnings: [...warnings.values()],
      };
    },
  };
}

/**
 * Predicts the size of every signal and gradient of a model.
 *
 * @param model any model with a graph; opaque nodes without a rule pass their first input's moments on
 * @param law mean and variance of one entry of each parameter
 * @returns per tensor mean, second moment, spread between draws (standard deviation of ln second moment) and gradient
 *   second moment; per parameter the mean square of ∂L/∂W for one sample
 * @example
 * propagate(model, () => ({ mean: 0, variance: 1 / 128 })).signals.get("output")
 */
export function propagate(
  model: Model,
  law: (parameter: string) => ParameterLaw,
  options: PropagateOptions = {},
): Propagation {
  const pass = startPropagation(model, law, options);
  for (const node of model.nodes) pass.visit(node);
  return pass.backward();
}

function signalsOf(context: Context): Map<string, TensorSignal> {
  const signals = new Map<string, TensorSignal>();
  for (const [tensor, state] of context.states) signals.set(tensor, signalOf(state, context.gradients.get(tensor)));
  return signals;
}

function visitForward(node: Node, context: Context): void {
  const visit = <K extends Node["kind"]>(n: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>) =>
    forwardThrough(n, rule, context);
  dispatch(node, visit, context.rules);
}

function visitBackward(node: Node, context: Context): void {
  for (const output of node.outputs) addCommon(output, context);
  const gradients = node.outputs.map((output) => context.gradients.get(output) ?? null);
  if (gradients.every((g) => g === null)) return;
  dispatch(node, (n, rule) => rule.backward(n, context, gradients), context.rules);
}

/** All of a tensor's readers have been gone through: what they handed back in common is added to the sum of what they did. */
function addCommon(tensor: string, context: Context): void {
  const [part, ...others] = context.gradients.get(tensor) ?? [];
  const common = part && others.length === 0 ? commonOfReaders(context, tensor) : null;
  if (!part || !common || common.sizes.length !== part.kernel.sizes.length) return;
  const kernel = sumKernels([
    { kernel: part.kernel, weight: 1 },
    { kernel: common, weight: 1 },
  ]);
  if (diagonal(kernel) >= 0) context.gradients.set(tensor, [{ ...part, kernel }]);
}

function activationStatistics(context: Context): Map<string, ActivationStatistics> {
  const statistics = new Map<string, ActivationStatistics>();
  const known = new Map<string, ActivationStatistics>();
  for (const node of context.model.nodes) {
    if (node.kind !== "activation") continue;
    const state = context.states.get(node.inputs[0]);
    if (!state) continue;
    const activation = activationOf(context, node);
    const mean = stateMean(state);
    const variance = Math.max(0, stateSecondMoment(state) - mean ** 2);
    // Where φ(sx) = s·φ(x) the shares are the same at every variance.
    const scaleFree = mean === 0 && variance > 0 && homogeneous(activation);
    const key = scaleFree ? activation.label : `${activation.label}|${mean.toPrecision(6)}|${variance.toPrecision(6)}`;
    const found = known.get(key) ?? {
      activation: activation.label,
      ...saturation(activation, scaleFree ? {} : { mean: bounded(mean), variance: bounded(variance) }),
    };
    known.set(key, found);
    statistics.set(node.name, found);
  }
  return statistics;
}
