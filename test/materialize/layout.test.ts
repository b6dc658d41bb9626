/** Files and index as Hugging Face lays them out. */

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TensorSlot } from "../../src/formats/safetensors/index.ts";
import { layoutOf, splitByCount, splitBySize } from "../../src/materialize/layout.ts";
import { bytesOf } from "../../src/materialize/slots.ts";

const slot = (name: string, bytes: number): TensorSlot => ({ name, dtype: "u8", shape: [bytes] });
const sizes = (groups: readonly (readonly TensorSlot[])[]) => groups.map((group) => group.map(bytesOf));

test("cuts where Hugging Face cuts", () => {
  // The example in the docstring of `split_state_dict_into_shards_factory` (huggingface_hub 0.26).
  const example = [6, 6, 2, 6, 2, 2].map((size, i) => slot(`t${i}`, size));
  expect(sizes(splitBySize(example, 10))).toEqual([[6], [6, 2], [6, 2, 2]]);
  // A tensor beyond the limit comes before the file that was being filled.
  expect(sizes(splitBySize([slot("a", 3), slot("big", 11), slot("b", 7), slot("c", 1)], 10))).toEqual([
    [11],
    [3, 7],
    [1],
  ]);
  expect(splitBySize([], 10)).toEqual([[]]);
});

const slots = fc.array(fc.nat(30), { maxLength: 40 }).map((list) => list.map((size, i) => slot(`t${i}`, size)));

test("every tensor is in one file, none beyond the limit but a single larger tensor", () => {
  fc.assert(
    fc.property(slots, fc.integer({ min: 1, max: 60 }), (tensors, most) => {
      const groups = splitBySize(tensors, most);
      expect(groups.flat().sort((a, b) => tensors.indexOf(a) - tensors.indexOf(b))).toEqual(tensors);
      for (const group of groups)
        if (group.length > 1) expect(group.reduce((sum, each) => sum + bytesOf(each), 0)).toBeLessThanOrEqual(most);
    }),
  );
  fc.assert(
    fc.property(slots, fc.integer({ min: 1, max: 9 }), (tensors, count) => {
      const groups = splitByCount(tensors, count);
      expect(groups).toHaveLength(count);
      expect(groups.flat()).toEqual(tensors);
    }),
  );
});

test("one file has the plain name and no index", () => {
  expect(layoutOf([[slot("a", 1)]], "model.safetensors")).toEqual({
    files: [{ name: "model.safetensors", slots: [slot("a", 1)] }],
    index: null,
  });
});

test("the index is what Python's json writes, whatever the names", () => {
  const groups = [
    [slot("b.weight", 3), slot("10", 1)],
    [slot("9", 2), slot('q"\\\u007fé', 5)],
    [slot("\u{1F600}", 1), slot("\uFFFD", 1)],
  ];
  const { files, index } = layoutOf(groups, "model.safetensors");
  expect(files.map(({ name }) => name)).toEqual([
    "model-00001-of-00003.safetensors",
    "model-00002-of-00003.safetensors",
    "model-00003-of-00003.safetensors",
  ]);
  expect(index?.name).toBe("model.safetensors.index.json");
  const map = files.flatMap(({ name, slots: list }) => list.map((each) => [each.name, name]));
  const script =
    'import json, sys\nsys.stdout.write(json.dumps({"metadata": {"total_size": 13}, "weight_map": dict(json.load(sys.stdin))}, indent=2, sort_keys=True) + "\\n")';
  const python = spawnSync("/usr/bin/python3", ["-c", script], { input: JSON.stringify(map), encoding: "utf8" });
  if (python.error === undefined && python.status === 0) expect(index?.text).toBe(python.stdout);
  expect(index?.text).toBe(`{
  "metadata": {
    "total_size": 13
  },
  "weight_map": {
    "10": "model-00001-of-00003.safetensors",
    "9": "model-00002-of-00003.safetensors",
    "b.weight": "model-00001-of-00003.safetensors",
    "q\\"\\\\\\u007f\\u00e9": "model-00002-of-00003.safetensors",
    "\\ufffd": "model-00003-of-00003.safetensors",
    "\\ud83d\\ude00": "model-00003-of-00003.safetensors"
  }
}
`);
});
