/** A small graph, predicted and run over draws of its weights. */

import { expect } from "vitest";
import type { Node } from "../../src/model/types.ts";
import { propagate } from "../../src/propagate/index.ts";
import { measureSignals, type Statistic } from "../../src/run/index.ts";
import { base, type Sketch, sketch } from "../run/graph.ts";

const DRAWS = 24;
/** Of Student's t with 23 degrees of freedom: exceeded in 0.1 % of the cases. */
const ERRORS = 3.8;

export const linear = (name: string, x: string, weight: string): Node => ({
  ...base(name, [x], [name]),
  kind: "linear",
  weight,
  bias: null,
  layout: "out-in",
  scale: 1,
});
export const act = (name: string, x: string, activation: string): Node => ({
  ...base(name, [x], [name]),
  kind: "activation",
  activation: { kind: "named", name: activation, parameters: {} },
  slope: null,
});
export const combine = (
  name: string,
  inputs: string[],
  operation: "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum",
): Node => ({
  ...base(name, inputs, [name]),
  kind: "combine",
  operation,
});
export const reduce = (name: string, x: string, method: "mean" | "max" | "sum", axes: number[]): Node => ({
  ...base(name, [x], [name]),
  kind: "reduce",
  method,
  axes,
  keepAxes: false,
});

export interface Case {
  readonly graph: Sketch;
  /** Of one entry of each parameter. */
  readonly variances: Readonly<Record<string, number>>;
  /** Of parameters that are constant, as a normalization's scale is. */
  readonly means?: Readonly<Record<string, number>>;
  /** Relative error of the wide-layer theory here: about one over the smallest width that a sum runs over. */
  readonly width: number;
  /** Tensors and parameters that are compared; all where left out. */
  readonly only?: readonly string[];
  /** Codes of the warnings that the prediction must carry; none where left out. */
  readonly warnings?: readonly string[];
}

/** Every tensor and parameter within the theory's error and the run's own. */
export async function agreesWithRun({ graph, variances, means = {}, width, only, warnings = [] }: Case): Promise<void> {
  const model = sketch(graph);
  const law = (name: string) => ({ mean: means[name] ?? 0, variance: variances[name] ?? 0, kurtosis: 9 / 5 });
  const predicted = propagate(model, law, { batch: model.batch });
  let state = 77;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const measured = await measureSignals(model, {
    weights: () =>
      new Map(
        [...model.parameters.values()].map(({ name, shape }) => {
          const half = Math.sqrt(3 * (variances[name] ?? 0));
          const length = shape.reduce((a, b) => a * b, 1);
          return [name, Float32Array.from({ length }, () => (means[name] ?? 0) + half * (2 * uniform() - 1))];
        }),
      ),
    seed: 11,
    draws: DRAWS,
  });
  const agree = (what: string, value: number | undefined, statistic: Statistic | undefined) => {
    if ((only && !only.includes(what)) || !statistic) return;
    const p = value ?? Number.NaN;
    const bound = Math.abs(p) / width + (ERRORS * statistic.std) / Math.sqrt(DRAWS);
    expect(Math.abs(statistic.mean - p), `${what}: predicted ${p}, measured ${statistic.mean}`).toBeLessThan(bound);
  };
  for (const tensor of Object.keys(graph.tensors))
    agree(tensor, predicted.signals.get(tensor)?.secondMoment, measured.signals.get(tensor)?.secondMoment);
  for (const parameter of Object.keys(graph.parameters ?? {}))
    agree(parameter, predicted.gradients.get(parameter), measured.gradients.get(parameter));
  const codes = new Set(predicted.warnings.map((w) => w.code).filter((code) => code !== "mean-field-recurrence"));
  expect([...codes]).toEqual(warnings);
}
