/** jax-js arrays and ONNX Runtime tensors, made by the packages themselves. */

import { init, numpy } from "@jax-js/jax";
import * as ort from "onnxruntime-common";
import { beforeAll, expect, test } from "vitest";
import { drawTree, toTree } from "../../src/adapters/jax.ts";
import { toTensors } from "../../src/adapters/onnxruntime.ts";
import { float16Value } from "../../src/formats/dtype.ts";
import { readLine } from "../../src/formats/index.ts";
import { draw, heNormal } from "../../src/init/index.ts";
import { initialize } from "../../src/materialize/index.ts";
import { plan } from "../../src/plan/index.ts";

const chosen = plan(readLine("6 > 5 relu > [ 5 tanh > 5 ] > 3"), { seed: 7, scheme: "he-normal" });
const weights = initialize(chosen);

beforeAll(async () => {
  await init("wasm");
});

test("toTree: arrays by the parts of their names, with the plan's values and shapes", async () => {
  const tree = toTree(numpy, chosen);
  const fc1 = tree.fc1;
  if (fc1 === undefined || !("weight" in fc1)) throw new Error("no fc1.weight");
  const leaf = fc1.weight;
  if (!(leaf instanceof numpy.Array)) throw new Error("fc1.weight is no array");
  expect(leaf.shape).toEqual([5, 6]);
  expect(await leaf.data()).toEqual(weights.get("fc1.weight"));
  expect(Object.keys(tree)).toEqual([...new Set(chosen.tensors.map(({ name }) => name.split(".")[0]))]);
});

test("toTree: one name below another is an error", () => {
  const tensors = chosen.tensors.slice(0, 2).map((tensor, i) => ({ ...tensor, name: ["a", "a.b"][i]! }));
  expect(() => toTree(numpy, { ...chosen, tensors })).toThrow("a.b lies below a");
});

test("drawTree: the same structure, each leaf the stream of its path", async () => {
  const shapes = { layers: [{ w: { shape: [4, 3] }, b: { shape: [4] } }, { w: numpy.zeros([2, 4]) }] };
  const choose = (path: string, shape: readonly number[]) =>
    path.endsWith("b") ? ({ kind: "zeros" } as const) : heNormal(shape);
  const drawn = drawTree(numpy, shapes, choose, { seed: 3 });
  const [first, second] = drawn.layers;
  if (first === undefined || second === undefined) throw new Error("two layers");
  const expected = draw(heNormal([4, 3]), { seed: 3, name: "layers.0.w", shape: [4, 3] });
  expect(await first.w.data()).toEqual(expected);
  expect(second.w.shape).toEqual([2, 4]);
  expect(() => drawTree(numpy, { w: 3 }, choose, { seed: 0 })).toThrow("w is no shape");
});

test("toTensors: float32 and float16 tensors of ONNX Runtime", () => {
  const tensors = toTensors(ort, chosen);
  expect([...tensors.keys()]).toEqual(chosen.tensors.map(({ name }) => name));
  expect(tensors.get("fc1.weight")?.dims).toEqual([5, 6]);
  expect(tensors.get("fc1.weight")?.data).toEqual(weights.get("fc1.weight"));
  const half = toTensors(ort, chosen, { type: "float16" }).get("fc1.weight");
  expect(half?.type).toBe("float16");
  const given = weights.get("fc1.weight") ?? new Float32Array();
  const data = half?.data ?? [];
  // Float16 keeps eleven bits.
  given.forEach((value, i) => {
    const stored = Number(data[i]);
    const read = data instanceof Uint16Array ? float16Value(stored) : stored;
    expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -11 + 2 ** -25);
  });
});
