/** Softmax, over attention scores or over features, and the mask before it. */

import type { MaskNode, SoftmaxNode } from "../../model/types.ts";
import { attentionMoments, gradientOfScores, weightSecondMoments } from "../attention/weights.ts";
import { addGradient, type Context, plainGradient, type Rule, stateOf, totalKernel } from "../context.ts";
import { diagonal, positions, scaleKernel } from "../kernel/kernel.ts";
import { normalizeAxis, type Part, type Scores, type State } from "../state/state.ts";

/** Softmax over n exchangeable entries of variance v: E[y²] = e^v / (n e^v + n(n − 1)), the wide form that keeps Σ y = 1. */
const softmaxSecondMoment = (n: number, variance: number): number => {
  const e = Math.exp(Math.min(variance, 700));
  return e / (n * e + n * (n - 1));
};

export const softmaxRule: Rule<SoftmaxNode> = {
  forward(node, context) {
    const state = stateOf(context, node.inputs[0]);
    const axis = normalizeAxis(node.axis, state.shape.length);
    const n = state.shape[axis];
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
      const variance = Math.max(0, diagonal(part.kernel) - part.between);
      const shift = Math.log(n) + variance / 2;
      const second = node.log ? variance + shift * shift : softmaxSecondMoment(n, variance);
      const average = node.log ? -shift : 1 / n;
      return {
        ...part,
        mean: average,
        kernel: { ...part.kernel, profile: Float64Array.of(second) },
        between: average * average,
        cross: average * average,
      };
    });
    return [{ shape: state.shape, layout: state.layout, parts }];
  },
  backward(node, context, [gradient]) {
    if (!gradient) return;
    const state = stateOf(context, node.inputs[0]);
    const out = stateOf(context, node.outputs[0]);
    const record = state.scores ? context.attentionGradients.get(state.scores.origin) : undefined;
    if (record) {
      addGradient(
        context,
        node.inputs[0],
        plainGradient(state.parts.map((part) => gradientOfScores(record, part.kernel.sizes))),
      );
      return;
    }
    const n = state.shape[normalizeAxis(node.axis, state.shape.length)];
    addGradient(
      context,
      node.inputs[0],
      plainGradient(
        gradient.map((part, i) => {
          const second = node.log ? 1 : diagonal(out.parts[i].kernel);
          return scaleKernel(totalKernel(part), second * (1 - 1 / n));
        }),
      ),
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
