/** A pass whose laws change on the way, nodes visited again after each change, ends where a pass with the last laws does. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLine } from "../../src/formats/line/index.ts";
import type { Model, Node } from "../../src/model/types.ts";
import { propagate, startPropagation } from "../../src/propagate/index.ts";
import { batchNormResNet, build, recurrent, residualChain, transformer } from "../plan/models.ts";

const weightOf = (node: Node): string | null => {
  if (node.kind === "linear" || node.kind === "conv") return node.weight;
  if (node.kind === "embedding") return node.table;
  return node.kind === "normalize" ? node.scale : null;
};

interface Change {
  /** Node at which it is made, and how many nodes back the changed weight is. */
  readonly at: number;
  readonly back: number;
  readonly factor: number;
}
const changes = fc.array(
  fc.record({ at: fc.nat(200), back: fc.nat(3), factor: fc.double({ min: 0.1, max: 10, noNaN: true }) }),
  { minLength: 1, maxLength: 12 },
);

function expectSameEnd(model: Model, list: readonly Change[], mode: "train" | "eval" = "train"): void {
  const variances = new Map([...model.parameters.keys()].map((name, i) => [name, 0.02 + 0.01 * (i % 7)]));
  const law = (name: string) => ({ mean: name.includes("bn") ? 1 : 0, variance: variances.get(name) ?? 0 });
  const pass = startPropagation(model, law, { mode });
  // A weight that an earlier node has been visited with cannot change any more.
  const first = new Map<string, number>();
  model.nodes.forEach((node, i) => {
    const weight = weightOf(node);
    if (weight !== null && !first.has(weight)) first.set(weight, i);
    pass.visit(node);
    for (const { at, back, factor } of list) {
      const changed = i - back;
      const name = at % model.nodes.length === i && changed >= 0 ? weightOf(model.nodes[changed]!) : null;
      if (name === null || first.get(name) !== changed) continue;
      variances.set(name, (variances.get(name) ?? 0) * factor);
      for (const again of model.nodes.slice(changed, i + 1)) pass.visit(again);
    }
  });
  // The same sums of the same numbers: equal to the last bit.
  const [got, wanted] = [pass.backward(), propagate(model, law, { mode })];
  expect(got.signals).toEqual(wanted.signals);
  expect(got.gradients).toEqual(wanted.gradients);
  expect(got.activations).toEqual(wanted.activations);
}

const activation = fc.constantFrom("relu", "tanh", "gelu", "sigmoid", "silu", "abs");

test("any dense network with skips", () => {
  const layer = fc.record({ width: fc.integer({ min: 1, max: 40 }), activation, skip: fc.boolean() });
  fc.assert(
    fc.property(fc.array(layer, { minLength: 1, maxLength: 6 }), changes, (layers, list) => {
      const b = build([1, 7]);
      let x = "x";
      layers.forEach(({ width, activation, skip }, i) => {
        const inner = b.act(`a${i}`, b.linear(`fc${i}`, x, width), activation);
        x = skip ? b.add(`add${i}`, x, b.linear(`back${i}`, inner, b.shapeOf(x).at(-1)!)) : inner;
      });
      expectSameEnd(b.finish(b.linear("head", x, 3)), list);
    }),
    { numRuns: 40 },
  );
});

test("any convolutional network, with and without normalization", () => {
  const layer = fc.record({
    channels: fc.integer({ min: 1, max: 12 }),
    taps: fc.constantFrom(1, 3),
    stride: fc.constantFrom(1, 2),
    norm: fc.constantFrom("", "batchnorm"),
    activation,
  });
  fc.assert(
    fc.property(
      fc.array(layer, { minLength: 1, maxLength: 4 }),
      changes,
      fc.constantFrom("train", "eval"),
      (layers, list, mode) => {
        const line = layers.map(
          ({ channels, taps, stride, norm, activation }) =>
            `conv ${channels} ${taps}x${taps} stride ${stride} pad ${(taps - 1) / 2} ${norm} ${activation}`,
        );
        expectSameEnd(readLine(["3x16x16", ...line, "flatten", "5"].join(" > ")), list, mode);
      },
    ),
    { numRuns: 25 },
  );
});

/** Both terms of each sum are functions of one tensor: what they have in common has to be worked out anew. */
function sumsOfOneTensor(): Model {
  const b = build([1, 7]);
  let x = "x";
  for (let i = 0; i < 4; i++) {
    const z = b.linear(`fc${i}`, x, 24);
    x = b.add(`sum${i}`, z, b.act(`a${i}`, z, "tanh"));
  }
  return b.finish(b.linear("head", x, 3));
}

const MODELS: readonly (readonly [string, () => Model])[] = [
  ["sums of a tensor and a function of it", sumsOfOneTensor],
  ["residual chain", () => residualChain(16, 4)],
  ["residual blocks with batch normalization", batchNormResNet],
  ["transformer", () => transformer(1)],
  ["LSTM", () => recurrent("lstm")],
];
describe("networks of other kinds", () => {
  test.each(MODELS)("%s", (_, make) => {
    const model = make();
    fc.assert(
      fc.property(changes, (list) => expectSameEnd(model, list)),
      { numRuns: 8 },
    );
  });
});
