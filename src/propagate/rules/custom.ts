/** Rules for nodes that a user of the library adds: `propagate(model, law, { rules })`, `plan(model, { rules })`. */

import type { Model, OpaqueNode, Warning } from "../../model/types.ts";
import { addGradient, type Context, carry, type Gradient, type Rule, stateOf, totalKernel } from "../context.ts";
import { diagonal, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { positionSizes, reshapeState, shapelessState } from "../state/layout.ts";
import { type Factor, mapParts, mixParts, type State, stateMean, stateSecondMoment } from "../state/state.ts";
import { fitGradient, shapeOf } from "./shape.ts";

/** A whole rule, by states and kernels; `momentRule` makes one from two formulas. */
export type CustomRule = Rule<OpaqueNode>;

/** By operator name, as the file has it (`OpaqueNode.op`). */
export type CustomRules = Readonly<Record<string, CustomRule>>;

export interface Moments {
  readonly mean: number;
  readonly secondMoment: number;
}

export interface MomentRule {
  /** Mean and mean square of an element of each output, from those of the activations that flow in, in order. */
  readonly forward: (inputs: readonly Moments[], node: OpaqueNode) => Moments | readonly Moments[];
  /** For each activation that flows in: E[(∂L/∂input element)²] / E[(∂L/∂output element)²] of the first output. */
  readonly backward: (inputs: readonly Moments[], node: OpaqueNode) => readonly number[];
}

const flowing = (node: OpaqueNode, context: Context): readonly string[] =>
  node.inputs.filter((name) => context.states.has(name));

const momentsOf = (state: State): Moments => ({ mean: stateMean(state), secondMoment: stateSecondMoment(state) });

/** The first input's state in the output's shape: positions hang together as they did. */
function carrier(context: Context, first: string, output: string): State {
  const state = stateOf(context, first);
  const shape = shapeOf(context, output);
  const same = state.shape.length === shape.length && state.shape.every((size, axis) => size === shape[axis]);
  return same ? state : (reshapeState(state, shape) ?? resized(state, shape) ?? shapelessState(state, shape));
}

/** The same axes in other sizes: what counted samples, features or positions still does. */
function resized(state: State, shape: readonly number[]): State | null {
  if (shape.length !== state.shape.length || state.layout.some((factors) => factors.length > 1)) return null;
  const part = mixParts(state);
  let dim = 0;
  const layout = state.layout.map((factors, axis): Factor[] => {
    const size = shape[axis] ?? 1;
    const role = factors[0]?.role ?? "channel";
    if (size === 1) return [];
    return role === "position" ? [{ role, size, dim: dim++ }] : [{ role, size }];
  });
  const sizes = positionSizes(layout);
  const kept = sizes.length === part.kernel.sizes.length && sizes.every((size, i) => size === part.kernel.sizes[i]);
  const channels = layout
    .flat()
    .reduce((count, factor) => (factor.role === "channel" ? count * factor.size : count), 1);
  const kernel = kept ? part.kernel : uniformKernel(sizes, diagonal(part.kernel), part.kernel.far);
  return { shape, layout, parts: [{ ...part, channels, kernel }] };
}

/**
 * A rule from formulas for moments. How positions hang together is taken from the first input; laws count as Gaussian
 * behind the node.
 *
 * @example // Maxout over pairs (Goodfellow 2013) of N(0, q): E[max²] = q, each of the two gets the gradient half of the time
 * momentRule({
 *   forward: ([{ secondMoment }]) => ({ mean: Math.sqrt(secondMoment / Math.PI), secondMoment }),
 *   backward: () => [1 / 2],
 * });
 */
export function momentRule({ forward, backward }: MomentRule): CustomRule {
  return {
    forward(node, context) {
      const inputs = flowing(node, context);
      const first = inputs[0];
      if (first === undefined)
        throw new Error(`propagate: a moment rule needs an activation that flows in, got none at ${node.name}`);
      const results = forward(
        inputs.map((name) => momentsOf(stateOf(context, name))),
        node,
      );
      const list: readonly Moments[] = "mean" in results ? [results] : results;
      return node.outputs.map((output, i) => {
        const { mean, secondMoment } = list[Math.min(i, list.length - 1)]!;
        return mapParts(carrier(context, first, output), (part) => {
          const before = diagonal(part.kernel);
          const factor = before > 0 ? secondMoment / before : 0;
          return {
            ...part,
            mean,
            kernel: scaleKernel(part.kernel, factor),
            between: Math.max(part.between * factor, mean * mean),
            cross: Math.max(part.cross * factor, mean * mean),
            shape: null,
          };
        });
      });
    },
    backward(node, context, [gradient]) {
      if (!gradient) return;
      const inputs = flowing(node, context);
      const states = inputs.map((name) => stateOf(context, name));
      const factors = backward(states.map(momentsOf), node);
      inputs.forEach((name, i) => {
        const passed: Gradient = gradient.map((part) => carry(part, scaleKernel(totalKernel(part), factors[i] ?? 0)));
        addGradient(context, name, fitGradient(states[i]!, passed));
      });
    },
  };
}

/** Rules that no node asks for, and nodes that have none. */
export function ruleWarnings(model: Model, rules: CustomRules): readonly Warning[] {
  const opaque = model.nodes.filter((node) => node.kind === "opaque");
  const unused = Object.keys(rules).filter((op) => !opaque.some((node) => node.op === op));
  return [
    ...unused.map((op) => ({
      code: "unused-rule",
      message: `a rule is given for ${op}, but no node of ${model.name} has that operator`,
    })),
    ...opaque
      .filter(({ op }) => !Object.hasOwn(rules, op))
      .map(({ name, op, assumption }) => ({
        code: "no-rule",
        message: `${op} has no rule: assumed that it ${assumption}; give one in rules`,
        where: name,
      })),
  ];
}
