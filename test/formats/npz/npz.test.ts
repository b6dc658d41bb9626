import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { encodeNumbers } from "../../../src/formats/dtype.ts";
import { FormatError } from "../../../src/formats/error.ts";
import { readNpy, writeNpy } from "../../../src/formats/npy/index.ts";
import { readNpz, writeNpz } from "../../../src/formats/npz/index.ts";
import { readSafetensors } from "../../../src/formats/safetensors/index.ts";
import { memorySink } from "../../../src/formats/source.ts";
import { crc32 } from "../../../src/formats/zip/index.ts";
import { shared } from "../corpus-paths.ts";

const read = (path: string) => new Uint8Array(readFileSync(`${shared}${path}`));

test("CRC-32 has its published check value, whole or in parts", () => {
  const bytes = new TextEncoder().encode("123456789");
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(4), crc32(bytes.subarray(0, 4)))).toBe(0xcbf43926);
});

test("every array that NumPy wrote: dtype, order and byte order understood", () => {
  const names = readdirSync(`${shared}golden/npy`).filter((name) => name.endsWith(".npy"));
  expect(names.length).toBeGreaterThan(8);
  const arrays = new Map(names.map((name) => [name, readNpy(read(`golden/npy/${name}`))]));
  const script = `
import sys, json, numpy as np
print(json.dumps({p: [list(np.load(p).shape), np.load(p).astype("f8").ravel()[:50].tolist()] for p in sys.argv[1:]}))`;
  let text: string;
  try {
    text = execFileSync("/usr/bin/python3", ["-c", script, ...names], { cwd: `${shared}golden/npy`, encoding: "utf8" });
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn("python3 with NumPy is missing: arrays are read but not compared");
    return;
  }
  const expected: Record<string, [number[], number[]]> = JSON.parse(text);
  for (const [name, { shape, values }] of arrays) {
    expect([name, [...shape], [...values].slice(0, 50)]).toEqual([name, ...expected[name]!]);
  }
});

test("an archive that NumPy wrote holds the values of the .safetensors beside it", () => {
  const archive = readNpz(read("models/lenet5.npz"));
  const plain = readSafetensors(read("models/lenet5.safetensors"));
  expect([...archive.parameters.keys()].sort()).toEqual([...plain.parameters.keys()].sort());
  for (const name of archive.parameters.keys()) expect(archive.read(name)).toEqual(plain.read(name));
});

test("compressed members are read", () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i));
  const bytes = zipSync({ "w.npy": [writeNpy(values, [50, 100]), { level: 9 }] });
  expect(readNpz(bytes).read("w")).toEqual(values);
});

async function archive(tensors: readonly { name: string; dtype: "f32" | "f16" | "f64" | "i64"; shape: number[] }[]) {
  const sink = memorySink();
  await writeNpz(
    sink,
    tensors,
    function* ({ dtype, shape }) {
      const count = shape.reduce((product, size) => product * size, 1);
      for (let i = 0; i < count; i++) yield encodeNumbers(Float64Array.of(i), dtype);
    },
    { metadata: { seed: "1" } },
  );
  return sink.bytes();
}

test("what is written is read back, by NumPy too", async () => {
  const tensors = [
    { name: "h.0/w", dtype: "f32" as const, shape: [2, 3] },
    { name: "scalar", dtype: "f16" as const, shape: [] },
    { name: "empty", dtype: "f64" as const, shape: [0, 3] },
    { name: "ids", dtype: "i64" as const, shape: [4] },
  ];
  const bytes = await archive(tensors);
  const model = readNpz(bytes);
  expect([...model.parameters.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(tensors);
  expect([...model.read("h.0/w")!]).toEqual([0, 1, 2, 3, 4, 5]);
  const script = `
import sys, io, json, numpy as np
z = np.load(io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps({k: [z[k].dtype.name, list(z[k].shape), z[k].ravel().tolist()] for k in z}))`;
  let text: string;
  try {
    text = execFileSync("/usr/bin/python3", ["-c", script], { input: bytes, encoding: "utf8" });
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn("python3 with NumPy is missing: the archive is not loaded there");
    return;
  }
  expect(JSON.parse(text)).toEqual({
    "h.0/w": ["float32", [2, 3], [0, 1, 2, 3, 4, 5]],
    scalar: ["float16", [], [0]],
    empty: ["float64", [0, 3], []],
    ids: ["int64", [4], [0, 1, 2, 3]],
  });
});

test("bfloat16 is refused before a byte is written, with the way out", async () => {
  const sink = memorySink();
  const slots = [{ name: "w", dtype: "bf16" as const, shape: [1] }];
  await expect(writeNpz(sink, slots, () => [])).rejects.toThrow(
    "NumPy has no bf16, write f16 or f32, or a .safetensors",
  );
  expect(sink.bytes().length).toBe(0);
});

test.each([
  ["Python objects", "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "never read"],
  ["records", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "records are not read"],
  ["code", "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,), }", "not understood"],
  ["a shape beyond the file", "{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", "takes 36 bytes, got 4"],
  ["an overflowing shape", "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 8), }", "too large"],
])("refuses an array of %s", (_, dictionary, message) => {
  const bytes = new Uint8Array(10 + dictionary.length + 4);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, dictionary.length, 0]);
  bytes.set(new TextEncoder().encode(dictionary), 10);
  expect(() => readNpy(bytes)).toThrow(FormatError);
  expect(() => readNpy(bytes)).toThrow(message);
});

test("mutated and cut archives are read or refused, never anything else", async () => {
  const stored = await archive([
    { name: "a", dtype: "f32", shape: [3, 3] },
    { name: "b", dtype: "f64", shape: [7] },
  ]);
  const deflated = zipSync({ "a.npy": [writeNpy(new Float32Array(400), [400]), { level: 6 }] });
  const edit = fc.record({ at: fc.nat(2000), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.constantFrom(stored, deflated), fc.array(edit, { maxLength: 4 }), fc.nat(20), (good, edits, cut) => {
      const bytes = good.slice(0, good.length - (cut > 10 ? cut : 0));
      for (const { at, value } of edits) bytes[at % bytes.length] = value;
      try {
        const model = readNpz(bytes);
        for (const name of model.parameters.keys()) model.read(name);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 600 },
  );
});
