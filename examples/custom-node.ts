/**
 * A kind of node of your own: Maxout over pairs of features (Goodfellow 2013), which no expression of one number says. The
 * model is plain data; the node names its operator, and its mathematics is passed in: a rule for the prediction, an operation
 * for the run. In your own project import from "epoch0"; test/examples/extending.test.ts does.
 */

import { initialize, type Model, measureSignals, momentRule, type Parameter, plan } from "../src/index.ts";

const BATCH = 64;
const WIDTHS = [64, 256, 256, 256] as const;

/** Linear layers of 256 units, each followed by the larger of every two neighbours. */
export function maxoutNetwork(): Model {
  const tensors = new Map<string, { shape: readonly number[]; dtype: "f32" }>();
  const parameters = new Map<string, Parameter>();
  const nodes: Model["nodes"][number][] = [];
  tensors.set("x", { shape: [BATCH, WIDTHS[0]], dtype: "f32" });
  let tensor = "x";
  let features: number = WIDTHS[0];
  WIDTHS.slice(1).forEach((width, i) => {
    const name = `fc${i + 1}`;
    const weight = `${name}.weight`;
    parameters.set(weight, {
      name: weight,
      shape: [width, features],
      dtype: "f32",
      role: "weight",
      stored: { kind: "absent" },
    });
    tensors.set(`z${i}`, { shape: [BATCH, width], dtype: "f32" });
    tensors.set(`a${i}`, { shape: [BATCH, width / 2], dtype: "f32" });
    nodes.push(
      {
        kind: "linear",
        name,
        op: "Gemm",
        inputs: [tensor],
        outputs: [`z${i}`],
        weight,
        bias: null,
        layout: "out-in",
        scale: 1,
      },
      {
        kind: "opaque",
        name: `max${i}`,
        op: "Maxout",
        inputs: [`z${i}`],
        outputs: [`a${i}`],
        assumption: "passes on the size of its input",
      },
    );
    tensor = `a${i}`;
    features = width / 2;
  });
  return {
    format: "line",
    name: "maxout",
    batch: BATCH,
    inputs: [{ name: "x", shape: [BATCH, WIDTHS[0]], dtype: "f32", batchAxis: 0, vocabulary: null }],
    outputs: [tensor],
    nodes,
    tensors,
    parameters,
    constants: new Map(),
    unsupported: [],
    notes: [],
    read: () => null,
  };
}

/** Of two independent N(0, q): E[max] = √(q/π), E[max²] = q; each is the larger, and gets the gradient, half of the time. */
const rules = {
  Maxout: momentRule({
    forward: ([{ secondMoment }]) => ({ mean: Math.sqrt(secondMoment / Math.PI), secondMoment }),
    backward: () => [1 / 2],
  }),
};

export async function runMaxout() {
  const model = maxoutNetwork();
  const planned = plan(model, { scheme: "lecun-normal", rules });
  const measured = await measureSignals(model, {
    seed: 0,
    weights: (draw) => initialize(planned, { seed: draw }),
    operations: {
      Maxout: (jax, [z]) => jax.numpy.max(z.ref.reshape([z.shape[0], z.shape[1] / 2, 2]), -1),
    },
  });
  return { planned, measured };
}
