/** Channels last in the file, transposed in front of the first convolution: the same network, the same prediction. */

import { expect, test } from "vitest";
import { readLine } from "../../src/formats/index.ts";
import type { Model, TransposeNode } from "../../src/model/types.ts";
import { plan } from "../../src/plan/index.ts";

/** The model with its input's channels moved to the end. */
function channelsLast(model: Model): Model {
  const [input] = model.inputs;
  if (input === undefined) throw new Error("no input");
  const [batch, channels, ...space] = input.shape;
  const shape = [batch ?? 1, ...space, channels ?? 1];
  const permutation = [0, shape.length - 1, ...space.map((_, i) => i + 1)];
  const turn: TransposeNode = {
    kind: "transpose",
    name: "turn",
    op: "Transpose",
    permutation,
    inputs: ["image"],
    outputs: [input.name],
  };
  return {
    ...model,
    inputs: [{ ...input, name: "image", shape }],
    nodes: [turn, ...model.nodes],
    tensors: new Map([...model.tensors, ["image", { shape, dtype: "f32" }]]),
  };
}

test.each([
  "3x9x8 > conv 4 3x3 stride 2 pad same batchnorm relu > conv 5 3x3 pad 1 tanh > maxpool 2 > flatten > 3",
  "2x12 > conv 4 3 pad 1 relu > avgpool 2 > flatten > 3",
])("%s", (line) => {
  const model = readLine(line, { batch: 4 });
  for (const scheme of ["torch", "he-normal", "auto"]) {
    const first = plan(model, { scheme });
    const last = plan(channelsLast(model), { scheme });
    expect(last.layers).toEqual(first.layers);
    expect(last.gradients).toEqual(first.gradients);
  }
});
