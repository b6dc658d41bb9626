/** Elementwise combinations: residual sums, gates, products, quotients. */

import { resolveActivation } from "../../activation/index.ts";
import type { CombineNode } from "../../model/types.ts";
import { addGradient, addParameterGradient, type Context, carry, type Rule, stateOf, totalKernel } from "../context.ts";
import { addConstant, diagonal, type Kernel, multiplyKernels, sumKernels } from "../kernel/kernel.ts";
import { kinshipOfSum } from "../law/kinship.ts";
import { scatterOfJoined } from "../law/scatter.ts";
import { isPositive, mirrored, sumShapes } from "../law/shape.ts";
import { unevenOfSum } from "../law/uneven.ts";
import { align, gradientOnto } from "../state/align.ts";
import { commonOfSum } from "../state/common.ts";
import { fixedState } from "../state/fixed.ts";
import { jointKernel } from "../state/joint.ts";
import type { Part, State } from "../state/state.ts";
import { extremeOfTwo, takenShare } from "./extremes.ts";
import { gatedTogether, throughGate, winnersValue } from "./gates.ts";
import { onHalfLine } from "./half-line.ts";
import { productPart, tiedProduct } from "./product.ts";
import { biasedScores } from "./score-bias.ts";
import { ranksFor, tangentOf } from "./summand.ts";
import { swayBehindGate } from "./sway.ts";

const operandStates = (node: CombineNode, context: Context): State[] => {
  const flowing = node.inputs.find((name) => context.states.has(name));
  const like = flowing ? stateOf(context, flowing) : null;
  return node.inputs.map((name) => context.states.get(name) ?? fixedState(context, name, like));
};

/** How much two operands have in common beyond their means, as a kernel to add; null when nothing. */
function tied(node: CombineNode, context: Context): Kernel | null {
  const [a, b] = node.inputs;
  if (node.inputs.length !== 2 || !context.states.has(a) || !context.states.has(b)) return null;
  const joint = jointKernel(context, a, b);
  if (joint === "unknown") {
    context.warn({
      code: "independent-branches",
      where: node.name,
      message: `${node.name}: the operands share an ancestor in a way that is not followed; taken as independent`,
    });
    return null;
  }
  return joint;
}

function sumParts(parts: readonly Part[], signs: readonly number[], joint: Kernel | null): Part {
  const [a, b] = parts;
  const mean = parts.reduce((sum, part, i) => sum + signs[i] * part.mean, 0);
  let acrossMeans = 0;
  for (let i = 0; i < parts.length; i++)
    for (let j = i + 1; j < parts.length; j++) acrossMeans += 2 * signs[i] * signs[j] * parts[i].mean * parts[j].mean;
  const own = sumKernels(parts.map((part) => ({ kernel: part.kernel, weight: 1 })));
  const fits = joint !== null && b !== undefined && joint.sizes.length === a.kernel.sizes.length;
  const kernel = fits
    ? sumKernels([
        { kernel: own, weight: 1 },
        { kernel: joint, weight: 2 * signs[0] * signs[1] },
      ])
    : addConstant(own, acrossMeans);
  const level = parts.reduce((sum, part) => sum + diagonal(part.kernel), 0);
  const common = fits ? undefined : commonOfSum(parts, acrossMeans);
  const kinship = kinshipOfSum(parts);
  return {
    ...(common && { common }),
    ...(kinship && { kinship }),
    scatter: scatterOfJoined(parts, false),
    uneven: unevenOfSum(parts),
    channels: a.channels,
    mean,
    kernel,
    between: parts.reduce((sum, part) => sum + part.between, 0) + acrossMeans,
    cross: parts.reduce((sum, part) => sum + part.cross, 0) + acrossMeans,
    spread: level === 0 ? 0 : parts.reduce((sum, part) => sum + (diagonal(part.kernel) / level) ** 2 * part.spread, 0),
    freedom: parts.reduce((sum, part) => sum + part.freedom, 0),
    shape: sumShapes(
      parts.map((part, i) => ({
        shape: signs[i] < 0 ? mirrored(part.shape) : part.shape,
        sd: Math.sqrt(Math.max(0, diagonal(part.kernel) - part.mean ** 2)),
      })),
    ),
  };
}

const isPositivePart = (b: Part): boolean =>
  b.mean > 0 && isPositive(b.shape, b.mean, Math.sqrt(Math.max(0, diagonal(b.kernel) - b.mean ** 2)));

/** 1/b: by its law where b is known to be positive; else by its size, exact for a constant b. */
const reciprocalPart = (b: Part): Part => {
  const level = diagonal(b.kernel);
  if (isPositivePart(b)) return onHalfLine(RECIPROCAL, b).part;
  const inverse = level === 0 ? 0 : 1 / level;
  return {
    ...b,
    mean: b.mean === 0 ? 0 : inverse * b.mean,
    kernel: { ...b.kernel, profile: b.kernel.profile.map((v) => (v === 0 ? 0 : 1 / v)) },
    between: inverse * inverse * b.between,
    cross: inverse * inverse * b.cross,
  };
};

const RECIPROCAL = resolveActivation({
  kind: "expression",
  expression: { kind: "binary", fn: "div", left: { kind: "number", value: 1 }, right: { kind: "x" } },
});

function combineParts(node: CombineNode, parts: readonly Part[], joint: Kernel | null): Part {
  switch (node.operation) {
    case "add":
      return sumParts(
        parts,
        parts.map(() => 1),
        joint,
      );
    case "subtract":
      return sumParts(parts, [1, -1], joint);
    case "multiply":
      return parts.length === 2 ? tiedProduct(parts[0], parts[1], joint) : parts.slice(1).reduce(productPart, parts[0]);
    case "divide":
      return productPart(parts[0], reciprocalPart(parts[1]));
    case "maximum":
      return parts.slice(1).reduce((a, b) => extremeOfTwo(a, b, 1), parts[0]);
    case "minimum":
      return parts.slice(1).reduce((a, b) => extremeOfTwo(a, b, -1), parts[0]);
    case "power":
      return parts[0];
  }
}

function warnOfApproximation(node: CombineNode, context: Context): void {
  if (node.operation === "add" || node.operation === "subtract" || node.operation === "multiply") return;
  if (node.operation === "maximum" || node.operation === "minimum") return;
  const below = node.operation === "divide" ? context.states.get(node.inputs[1]) : undefined;
  if (node.operation === "divide" && (!below || below.parts.every(isPositivePart))) return;
  const how =
    node.operation === "divide"
      ? "the denominator is taken to stand at its root mean square"
      : "the first operand's moments are passed on";
  context.warn({ code: "first-approximation", where: node.name, message: `${node.name} (${node.op}): ${how}` });
}

/** What multiplies the gradient on its way to operand i. */
function factorFor(node: CombineNode, parts: readonly Part[], i: number): Kernel | null {
  if (node.operation === "multiply")
    return parts
      .filter((_, j) => j !== i)
      .map((p) => p.kernel)
      .reduce(multiplyKernels);
  if (node.operation === "divide") {
    const inverse = reciprocalPart(parts[1]).kernel;
    return i === 0 ? inverse : multiplyKernels(parts[0].kernel, multiplyKernels(inverse, inverse));
  }
  if (node.operation === "maximum" || node.operation === "minimum") {
    const others = parts.filter((_, j) => j !== i);
    const sign = node.operation === "maximum" ? 1 : -1;
    return others.map((other) => takenShare(parts[i], other, sign)).reduce(multiplyKernels);
  }
  return null;
}

export const combineRule: Rule<CombineNode> = {
  forward(node, context) {
    warnOfApproximation(node, context);
    const states = operandStates(node, context);
    const aligned = align(states, context.model.tensors.get(node.outputs[0])?.shape ?? states[0].shape);
    const followed = node.operation === "add" || node.operation === "subtract" || node.operation === "multiply";
    const joint = followed ? tied(node, context) : null;
    const parts = aligned.operands[0].map((_, k) =>
      combineParts(
        node,
        aligned.operands.map((parts) => parts[k]),
        joint,
      ),
    );
    const state: State = { shape: aligned.shape, layout: aligned.layout, parts };
    const scores = biasedScores(node, context, states);
    return [scores ? { ...state, scores } : state];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const states = operandStates(node, context);
    const aligned = align(states, context.model.tensors.get(node.outputs[0])?.shape ?? states[0].shape);
    states.forEach((state, i) => {
      if (node.operation === "power" && i > 0) return;
      const name = node.inputs[i];
      if (context.model.constants.has(name)) return;
      const open = throughGate(node, context, i, gradient);
      if (open) {
        addGradient(context, name, open);
        return;
      }
      const plain = gradient.map((part, k) => {
        const factor =
          winnersValue(node, context, i, part) ??
          factorFor(
            node,
            aligned.operands.map((parts) => parts[k]),
            i,
          );
        const carried = carry(part, factor ? multiplyKernels(totalKernel(part), factor) : totalKernel(part));
        const tangent =
          node.operation === "add"
            ? tangentOf(
                part,
                aligned.operands.map((parts) => parts[k]),
                i,
              )
            : 0;
        const other = node.operation === "multiply" ? aligned.operands[1 - i]?.[k] : undefined;
        const passed = other
          ? { ...carried, shared: part.shared * other.cross, sway: swayBehindGate(other, part).sway }
          : carried;
        const rank = ranksFor(
          node,
          aligned.operands.map((parts) => parts[k]),
          i,
          stateOf(context, node.outputs[0]).parts[k]?.shape ?? null,
        );
        const byRank = factor === null ? rank(part.byRank) : null;
        return factor === null
          ? {
              ...passed,
              ...(tangent > 0 && { tangent }),
              byRank,
              leadByRank: part.leadByRank === part.byRank ? byRank : rank(part.leadByRank ?? null),
            }
          : passed;
      });
      const same =
        state.parts.length === gradient.length &&
        state.parts.every(
          (p, k) =>
            p.channels === aligned.operands[i][k].channels && p.kernel.sizes.length === gradient[k].kernel.sizes.length,
        );
      const shapeKept =
        state.shape.length === aligned.shape.length && state.shape.every((s, axis) => s === aligned.shape[axis]);
      if (context.states.has(name)) {
        const passed =
          factorFor(
            node,
            aligned.operands.map((parts) => parts[0]),
            i,
          ) === null &&
          same &&
          shapeKept
            ? gradient.map((part, k) => ({
                ...part,
                tangent: plain[k].tangent ?? 0,
                byRank: plain[k].byRank,
                leadByRank: plain[k].leadByRank ?? null,
              }))
            : gradientOnto(state, aligned, gatedTogether(node, context, aligned, i, plain));
        addGradient(context, name, passed);
      } else {
        const back = gradientOnto(state, aligned, plain);
        addParameterGradient(
          context,
          name,
          averageDiagonal(
            state,
            back.map((p) => p.kernel),
          ),
        );
      }
    });
  },
};

const averageDiagonal = (state: State, kernels: readonly Kernel[]): number => {
  const total = state.parts.reduce((n, p) => n + p.channels, 0);
  return state.parts.reduce((sum, part, i) => sum + (part.channels / total) * diagonal(kernels[i]), 0);
};
