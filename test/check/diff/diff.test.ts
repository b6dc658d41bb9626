/** What became of each parameter: made changes are named as what they are, between any formats. */

import { expect, test } from "vitest";
import { type Diff, diffModels } from "../../../src/check/diff/index.ts";
import { matchPrefix } from "../../../src/check/diff/names.ts";
import { bfloat16Bits, bfloat16Value } from "../../../src/formats/dtype.ts";
import { openModel } from "../../../src/formats/file.ts";
import { weightsOnly } from "../../../src/formats/weights.ts";
import { heNormal, normal, sample } from "../../../src/init/index.ts";
import type { Dtype } from "../../../src/model/types.ts";
import { shared } from "../../formats/corpus-paths.ts";

type Tensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float32Array; readonly dtype?: Dtype }>
>;

const modelOf = (tensors: Tensors, name: string) =>
  weightsOnly(
    Object.entries(tensors).map(([tensor, { shape, values, dtype = "f32" }]) => ({
      name: tensor,
      shape,
      dtype,
      values: () => values,
      // Pieces of a size that divides nothing.
      *tiles() {
        for (let at = 0; at < values.length; at += 1009) yield values.subarray(at, at + 1009);
      },
    })),
    { format: "safetensors", name },
  );

const draw = (shape: readonly number[], seed: number, std = 0.1) => sample(normal(0, std), shape, { seed, name: "w" });

const statuses = ({ tensors }: Diff) => Object.fromEntries(tensors.map(({ name, status }) => [name, status]));

test("every kind of change is told apart", async () => {
  const shape = [96, 64];
  const old = draw(shape, 1);
  const step = draw(shape, 2, 0.002);
  const before: Tensors = {
    "same.weight": { shape, values: old },
    "half.weight": { shape, values: old },
    "moved.weight": { shape, values: old },
    "fresh.weight": { shape, values: old },
    "turned.weight": { shape, values: old },
    "longer.weight": { shape, values: old },
    "gone.weight": { shape, values: old },
    "moved.bias": { shape: [96], values: new Float32Array(96) },
  };
  // Heavy tails: no initialization, and nothing of the old numbers.
  const heavy = draw(shape, 7).map((x, i) => x * (i % 7 === 0 ? 4 : 0.5));
  const after: Tensors = {
    "same.weight": { shape, values: old },
    "half.weight": { shape, values: old.map((x) => bfloat16Value(bfloat16Bits(x))), dtype: "bf16" },
    "moved.weight": { shape, values: old.map((x, i) => x + step[i]!) },
    "fresh.weight": { shape, values: sample(heNormal(shape), shape, { seed: 3, name: "fresh.weight" }) },
    "turned.weight": { shape: [64, 96], values: old.map((_, i) => old[(i % 96) * 64 + Math.floor(i / 96)]!) },
    "longer.weight": { shape: [100, 64], values: Float32Array.from([...old, ...draw([4, 64], 5)]) },
    "other.weight": { shape, values: heavy },
    "moved.bias": { shape: [96], values: draw([96], 6, 0.001) },
    "new.weight": { shape, values: old },
  };
  const diff = await diffModels(modelOf(before, "before"), modelOf({ ...after }, "after"));
  expect(statuses(diff)).toEqual({
    "same.weight": "unchanged",
    "half.weight": "unchanged",
    "moved.weight": "trained",
    "fresh.weight": "re-drawn",
    "turned.weight": "reshaped",
    "longer.weight": "reshaped",
    "other.weight": "new",
    "moved.bias": "trained",
    "new.weight": "new",
    "gone.weight": "missing",
  });
  const row = (name: string) => diff.tensors.find((tensor) => tensor.name === name)!;
  expect(row("half.weight").rounded).toBe("bf16");
  // Independent steps of 1/50 of the size: ‖Δ‖/‖a‖ within five standard errors of a ratio of two such norms.
  expect(Math.abs(row("moved.weight").change! / 0.02 - 1)).toBeLessThan(5 / Math.sqrt(6144));
  expect(row("fresh.weight").likeness).toMatchObject({
    family: "normal",
    schemes: expect.arrayContaining(["he-normal"]),
  });
  expect(row("turned.weight").detail).toBe("transposed");
  expect(row("longer.weight").detail).toBe("the first 96 of 100 rows are unchanged");
  expect(row("new.weight")).toMatchObject({ cloneOf: ["same.weight"] });
  expect(diff.summary).toMatchObject({ unchanged: 2, trained: 2, "re-drawn": 1, reshaped: 2, missing: 1, new: 2 });
});

test("other numbers of the same kind are replaced, not trained; a moved name is found", async () => {
  const shape = [96, 64];
  const heavy = (seed: number) => draw(shape, seed).map((x, i) => x * (i % 7 === 0 ? 4 : 0.5));
  const diff = await diffModels(
    modelOf({ "a.weight": { shape, values: heavy(1) }, "b.weight": { shape, values: heavy(2) } }, "one"),
    modelOf({ "a.weight": { shape, values: heavy(3) }, "c.weight": { shape, values: heavy(2) } }, "two"),
  );
  expect(statuses(diff)).toEqual({ "a.weight": "replaced", "c.weight": "new", "b.weight": "missing" });
  expect(diff.tensors.find(({ name }) => name === "c.weight")?.renamedFrom).toBe("b.weight");
});

test("blocks that are copies of each other are named, tied tensors and constants are not", async () => {
  const shape = [32, 32];
  const block = (seed: number, index: number): Tensors => ({
    [`h.${index}.attn.weight`]: { shape, values: draw(shape, seed) },
    [`h.${index}.mlp.weight`]: { shape, values: draw(shape, seed + 100) },
    [`h.${index}.mlp.bias`]: { shape: [32], values: new Float32Array(32) },
  });
  const table = { shape, values: draw(shape, 9) };
  const tied: Tensors = { "wte.weight": table, "lm_head.weight": table };
  const model = modelOf({ ...block(1, 0), ...block(1, 1), ...block(3, 2), ...block(1, 3), ...tied }, "stack");
  const { clonedLayers, tensors } = await diffModels(model, model);
  expect(clonedLayers.map((group) => [...group].sort())).toContainEqual(["h.0", "h.1", "h.3"]);
  expect(clonedLayers.flat()).not.toContain("h.2");
  expect(tensors.find(({ name }) => name === "h.0.mlp.bias")?.cloneOf).toEqual([]);
  expect(tensors.find(({ name }) => name === "wte.weight")?.cloneOf).toEqual(["lm_head.weight"]);
});

test("wrapped names are brought together", () => {
  const plain = ["fc1.weight", "fc1.bias", "fc2.weight"];
  const wrapped = plain.map((name) => `module.${name}`);
  expect(matchPrefix(plain, wrapped)).toMatchObject({ prefix: "+module." });
  expect(matchPrefix(wrapped, plain).inFirst("fc1.bias")).toBe("module.fc1.bias");
  expect(matchPrefix(plain, plain).prefix).toBe("");
});

test.each([
  ["digits-mlp.onnx", "digits-mlp.pt"],
  ["digits-mlp.npz", "digits-mlp-legacy.pt"],
  ["unet-mini.onnx", "unet-mini-sharded/model.safetensors.index.json"],
  ["lenet5.npz", "lenet5.safetensors"],
  ["digits-mlp.pt", "digits-mlp-f16.safetensors"],
  ["gpt-mini-bf16.safetensors", "gpt-mini.pt"],
])("%s and %s hold the same", async (a, b) => {
  const [before, after] = [await openModel(`${shared}models/${a}`), await openModel(`${shared}models/${b}`)];
  const diff = await diffModels(before, after);
  expect(diff.summary.unchanged).toBe(diff.tensors.length);
});
