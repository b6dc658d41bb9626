/** Softmax, over attention scores or over features, and the mask before it. */

import type { MaskNode, SoftmaxNode } from "../../model/types.ts";
import { weightMoments } from "../attention/moments.ts";
import { attentionMoments, gradientOfScores, weightSecondMoments } from "../attention/weights.ts";
import { addGradient, type Context, carry, plainGradient, type Rule, stateOf, totalKernel } from "../context.ts";
import { collapse, offDiagonal } from "../kernel/axes.ts";
import { diagonal, type Kernel, mapCorrelations, positions, scaleKernel, uniformKernel } from "../kernel/kernel.ts";
import { normalizeAxis, type Part, positionDims, type Scores, type State } from "../state/state.ts";

interface Logits {
  readonly n: number;
  readonly overPositions: boolean;
  /** Of one logit around what all of them share, which softmax ignores. */
  readonly variance: number;
  /** Correlation of a logit with itself in another sample. */
  readonly alike: number;
}

/** Logits are exchangeable Gaussians: channels, or positions where the axis runs over those. */
function logitsOf(state: State, part: Part, axis: number): Logits {
  const overPositions = positionDims(state.layout[axis] ?? []).length > 0;
  const level = diagonal(part.kernel);
  const common = overPositions ? level * offDiagonal(collapse(part.kernel)) : part.between;
  const variance = Math.max(0, level - common);
  return {
    n: state.shape[axis],
    overPositions,
    variance,
    alike: variance === 0 ? 1 : Math.max(0, Math.min(1, (part.cross - part.mean ** 2) / variance)),
  };
}

/**
 * Moments of y = softmax(s), exact (attention/moments.ts); two samples as two attention queries (attention/weights.ts).
 * Logarithm, y = s − L, L = ln Σ e^s: Cov(s_j, L) = v·E[∂L/∂s_j] = v/n by Stein's lemma, so that
 * E[y²] = v + E[L²] − 2v/n and E[y_j y_k] = E[L²] − 2v/n; between samples, to first order in their correlation r,
 * E[L L'] = E[L]² + r·v/n.
 */
function softmaxMoments({ n, variance: v, alike }: Logits, log: boolean) {
  const moments = weightMoments(v, n);
  if (!log) {
    const lift = (moments.same / moments.other) ** alike;
    return {
      mean: 1 / n,
      second: moments.same,
      between: moments.other,
      cross: lift / (n * lift + n * (n - 1)),
    };
  }
  const tie = (2 * v) / n;
  return {
    mean: -moments.logSum,
    second: v + moments.logSumSecond - tie,
    between: moments.logSumSecond - tie,
    cross: moments.logSum ** 2 + alike * v * (1 - 1 / n),
  };
}

/** Whether all positions are those of the softmax: its weights over them hang together by Σ A = 1. */
const overAll = ({ n, overPositions }: Logits, kernel: Kernel): boolean => overPositions && positions(kernel) === n;

/** Second moments of weights between positions: of one softmax over them, or of softmaxes whose logits are alike so far. */
function weightsOver(kernel: Kernel, logits: Logits, second: number, between: number): Kernel {
  if (overAll(logits, kernel)) return uniformKernel(kernel.sizes, second, second === 0 ? 1 : between / second);
  const { n, variance, overPositions } = logits;
  const level = diagonal(kernel);
  if (overPositions || variance === 0 || second === 0) return { ...kernel, profile: Float64Array.of(second) };
  const ratio = second / between;
  const correlation = (c: number) => {
    const alike = Math.max(0, Math.min(1, (c * level - (level - variance)) / variance));
    const lift = ratio ** alike;
    return lift / (n * lift + n * (n - 1)) / second;
  };
  return { ...kernel, ...mapCorrelations(kernel, correlation), profile: Float64Array.of(second) };
}

export const softmaxRule: Rule<SoftmaxNode> = {
  forward(node, context) {
    const state = stateOf(context, node.inputs[0]);
    const axis = normalizeAxis(node.axis, state.shape.length);
    if (state.scores && axis === state.shape.length - 1) {
      const kernel = weightSecondMoments(state.scores, state.parts[0].kernel.sizes);
      const { mean: average } = attentionMoments(state.scores);
      const part = state.parts[0];
      const next: State = {
        shape: state.shape,
        layout: state.layout,
        parts: [{ ...part, mean: average, kernel, between: average * average, cross: average * average }],
      };
      return [{ ...next, attention: state.scores }];
    }
    const parts = state.parts.map((part): Part => {
      const logits = logitsOf(state, part, axis);
      const { mean, second, between, cross } = softmaxMoments(logits, node.log);
      return {
        ...part,
        mean,
        kernel: node.log
          ? { ...part.kernel, profile: Float64Array.of(second) }
          : weightsOver(part.kernel, logits, second, between),
        between,
        cross,
        shape: null,
        scatter: undefined,
      };
    });
    return [{ shape: state.shape, layout: state.layout, parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = stateOf(context, node.inputs[0]);
    const record = state.scores ? context.attentionGradients.get(state.scores.origin) : undefined;
    if (record) {
      addGradient(
        context,
        node.inputs[0],
        plainGradient(state.parts.map((part) => gradientOfScores(record, part.kernel.sizes))),
      );
      return;
    }
    const axis = normalizeAxis(node.axis, state.shape.length);
    // y = A: E[δs²] = slope·E[δy²]. Logarithm: δs = δ − A Σ δ, of size 1 − 2E[A] + n E[A²]. For independent δy.
    addGradient(
      context,
      node.inputs[0],
      gradient.map((from, i) => {
        const logits = logitsOf(state, state.parts[i], axis);
        const { same, slope } = weightMoments(logits.variance, logits.n);
        const factor = node.log ? 1 - 2 / logits.n + logits.n * same : slope;
        const outgoing = totalKernel(from);
        // What comes back to all positions alike is subtracted; Σ_j δs_j = 0 leaves two of them −1/(n − 1) of one in common.
        const kernel =
          overAll(logits, outgoing) && !node.log
            ? uniformKernel(
                outgoing.sizes,
                diagonal(outgoing) * (1 - offDiagonal(collapse(outgoing))) * factor,
                -1 / (logits.n - 1),
              )
            : scaleKernel(outgoing, factor);
        // Σ_j δs_j = 0 over the logits: two of them carry −1/(n − 1) of one.
        const tied = logits.n > 1 && !logits.overPositions;
        const between = tied ? -diagonal(kernel) / (logits.n - 1) : 0;
        return { ...carry(from, kernel), between };
      }),
    );
  },
};

/** 1 where a score survives, row-major over [queries, keys]; null when the mask does not end in those two axes. */
function maskOver(context: Context, keep: string, scores: Scores): Float64Array | null {
  const constant = context.model.constants.get(keep);
  const rows = positions(scores.query);
  const columns = positions(scores.key);
  return constant && constant.values.length === rows * columns ? constant.values : null;
}

export const maskRule: Rule<MaskNode> = {
  forward(node, context) {
    const state = stateOf(context, node.inputs[0]);
    if (!state.scores) return [{ ...state }];
    const mask = maskOver(context, node.keep, state.scores);
    if (!mask)
      context.warn({
        code: "first-approximation",
        where: node.name,
        message: `${node.name} (${node.op}): the mask is not over [queries, keys]; taken as if nothing were masked`,
      });
    return [{ ...state, scores: { ...state.scores, mask } }];
  },
  backward(node, context, [gradient]) {
    if (gradient) addGradient(context, node.inputs[0], gradient);
  },
};
