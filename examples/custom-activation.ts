/**
 * An activation of your own, twice: as an expression, which is all the library needs, and as functions, which a run needs
 * an operation for. In your own project import from "epoch0"; test/examples/extending.test.ts does.
 */

import {
  createExecutor,
  criticalPoint,
  gain,
  initialize,
  type Model,
  measureSignals,
  parseExpression,
  plan,
  readLine,
  resolveActivation,
  withActivations,
} from "../src/index.ts";

/** A network whose activations the reader does not know, as an exporter leaves an operator of your own. */
export function readWithUnknown(line: string, op: string): Model {
  const model = readLine(line, { batch: 64 });
  const assumption = "passes on the size of its first input";
  return {
    ...model,
    nodes: model.nodes.map((node) => (node.kind === "activation" ? { ...node, kind: "opaque", op, assumption } : node)),
  };
}

const unknown = readWithUnknown("64 > 128 relu > 128 relu > 128 relu > 10", "Swoosh");

/** 1. As an expression: value, derivative, kinks and the way it runs all follow from it. */
export async function byExpression() {
  const swoosh = {
    kind: "expression",
    expression: await parseExpression("x * sigmoid(3 * x) + 0.1 * sin(x)"),
  } as const;
  const activation = resolveActivation(swoosh);
  const model = withActivations(unknown, { Swoosh: swoosh });
  const planned = plan(model);
  const measured = await measureSignals(model, { seed: 0, weights: (draw) => initialize(planned, { seed: draw }) });
  return { gain: gain(activation), critical: criticalPoint(activation, { biasVariance: 0 }), planned, measured };
}

/** 2. As functions: something that no expression says, here a table of a quantized tanh with straight lines between. */
export async function byFunctions() {
  const step = 0.5;
  const value = (x: number) => {
    const left = Math.floor(x / step) * step;
    return Math.tanh(left) + ((x - left) / step) * (Math.tanh(left + step) - Math.tanh(left));
  };
  const derivative = (x: number) => {
    const left = Math.floor(x / step) * step;
    return (Math.tanh(left + step) - Math.tanh(left)) / step;
  };
  const breaks = Array.from({ length: 33 }, (_, i) => (i - 16) * step);
  const model = withActivations(unknown, {
    Swoosh: { kind: "functions", name: "table-tanh", value, derivative, breaks },
  });
  const planned = plan(model);
  const executor = await createExecutor(model, {
    operations: {
      "table-tanh": (jax, [x]) => {
        const left = jax.numpy.floor(x.ref.div(step)).mul(step);
        const [low, high] = [jax.numpy.tanh(left.ref), jax.numpy.tanh(left.ref.add(step))];
        return low.ref.add(x.ref.sub(left).div(step).mul(high.sub(low)));
      },
    },
  });
  const input = new Float32Array(64 * 64).map((_, i) => Math.sin(i * i));
  const values = await executor.forward(initialize(planned), new Map([["input", input]]));
  executor.dispose();
  return { planned, values, value };
}
