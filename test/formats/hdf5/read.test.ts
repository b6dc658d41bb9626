/** HDF5: arrays in tiles, dtypes, texts; hostile bytes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { openModel } from "../../../src/formats/file.ts";
import { boxes } from "../../../src/formats/hdf5/boxes.ts";
import { type Hdf5, type Hdf5Array, openHdf5 } from "../../../src/formats/hdf5/index.ts";
import { readHdf5 } from "../../../src/formats/keras/index.ts";
import { bytesSource } from "../../../src/formats/source.ts";
import { shared } from "../corpus-paths.ts";
import { hdf5Bytes } from "./build.ts";

const allOf = (file: Hdf5, array: Hdf5Array | undefined): number[] => {
  if (array === undefined) throw new Error("no array");
  return [...file.tiles(array)].flatMap((tile) => [...tile]);
};

test("boxes cover a shape once, in row-major order, and stay within their size", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 40 }),
      (shape, most) => {
        const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
        let next = 0;
        for (const { offset, count, elements } of boxes(shape, most)) {
          expect(elements).toBeLessThanOrEqual(most);
          expect(count.reduce((product, size) => product * size, 1)).toBe(elements);
          // A box begins where the last one ended, and is one stretch: whole axes after the one that it cuts.
          expect(offset.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)).toBe(next);
          const cut = count.findIndex((size, axis) => size !== 1 || axis === count.length - 1);
          expect(count.slice(cut + 1)).toEqual(shape.slice(cut + 1));
          next += elements;
        }
        expect(next).toBe(shape.reduce((product, size) => product * size, 1));
      },
    ),
  );
});

test("every dtype, chunked and compressed or not, in tiles", async () => {
  const numbers = Float64Array.from({ length: 700 * 600 }, (_, i) => Math.sin(i));
  const singles = Float32Array.from(numbers);
  const bytes = await hdf5Bytes({
    "a/wide": { data: numbers, shape: [700, 600] },
    "a/packed": { data: singles, shape: [70, 60, 100], chunks: [7, 60, 13], compression: 4 },
    whole: { data: Int32Array.from([-1, 2, 3]), shape: [3] },
    tiny: { data: Uint8Array.from([1, 255]), shape: [2] },
    one: { data: Float32Array.of(1.5), shape: [] },
    none: { data: new Float32Array(0), shape: [0, 3] },
    brain: { data: Uint16Array.of(0x3f80, 0xc000), shape: [2], attributes: { dtype: "bfloat16" } },
    text: { data: "not a number" },
  });
  const file = await openHdf5(bytesSource(bytes), "made.h5");
  const dtypes = [...file.arrays.values()].map(({ path, dtype, shape }) => [path, dtype, shape]);
  expect(dtypes).toEqual([
    ["a/packed", "f32", [70, 60, 100]],
    ["a/wide", "f64", [700, 600]],
    ["brain", "bf16", [2]],
    ["none", "f32", [0, 3]],
    ["one", "f32", []],
    ["tiny", "u8", [2]],
    ["whole", "i32", [3]],
  ]);
  expect(allOf(file, file.arrays.get("a/wide"))).toEqual([...numbers]);
  expect(allOf(file, file.arrays.get("a/packed"))).toEqual([...singles]);
  expect(allOf(file, file.arrays.get("brain"))).toEqual([1, -2]);
  expect(allOf(file, file.arrays.get("whole"))).toEqual([-1, 2, 3]);
  expect(allOf(file, file.arrays.get("tiny"))).toEqual([1, 255]);
  expect(allOf(file, file.arrays.get("one"))).toEqual([1.5]);
  expect(allOf(file, file.arrays.get("none"))).toEqual([]);
});

test("h5py's file holds what the same network's .safetensors does", async () => {
  const ours = await openModel(join(shared, "models/digits-mlp.h5"));
  const other = await openModel(join(shared, "models/digits-mlp.safetensors"));
  expect(ours.format).toBe("h5");
  const names = [...ours.parameters.keys()];
  expect(names.map((name) => name.replace("/", ".")).sort()).toEqual([...other.parameters.keys()].sort());
  for (const name of names) {
    const dotted = name.replace("/", ".");
    expect(ours.read(name)).toEqual(other.read(dotted));
    expect(ours.parameters.get(name)?.role).toBe(other.parameters.get(dotted)?.role);
  }
});

test("nothing but a FormatError of one line, whatever the bytes", async () => {
  const good = new Uint8Array(readFileSync(join(shared, "models/digits-mlp.h5")));
  const attempt = async (bytes: Uint8Array): Promise<string | null> => {
    try {
      const model = await readHdf5(bytesSource(bytes), { name: "bad.h5" });
      for (const name of model.parameters.keys()) model.read(name);
      return null;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      expect(error.message).not.toContain("\n");
      return error.message;
    }
  };
  expect(await attempt(good)).toBeNull();
  expect(await attempt(good.subarray(0, 3000))).toContain("truncated file");
  expect(await attempt(new TextEncoder().encode("\x89HDF\r\n\x1a\n"))).toContain(
    "bad.h5: not an HDF5 file that can be read",
  );
  // Its directory lies in the first kilobytes and between the arrays; a changed number is a number.
  const places = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(places, fc.nat(2500), async (changes, start) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      bytes.set(crypto.getRandomValues(new Uint8Array(4)), start);
      if ((await attempt(bytes)) !== null) refused++;
    }),
    { numRuns: 150 },
  );
  expect(refused).toBeGreaterThan(10);
});

test("a shape that the file cannot hold, and links to other files", async () => {
  const bytes = await hdf5Bytes({ huge: { data: Float32Array.of(1), shape: [1], chunks: [1] } });
  const file = await openHdf5(bytesSource(bytes), "made.h5");
  expect(file.arrays.get("huge")?.elements).toBe(1);
  const { File, ready } = await import("h5wasm");
  const { FS } = await ready;
  const made = new File("/linked.h5", "w");
  made.create_external_link("/etc/passwd", "/x", "elsewhere");
  made.create_soft_link("/", "around");
  made.create_dataset({ name: "w", data: Float32Array.of(1, 2) });
  const wide = made.create_dataset({
    name: "wide",
    data: Float32Array.of(1),
    shape: [1],
    maxshape: [null],
    chunks: [1],
  });
  wide.resize([1e12]);
  made.close();
  const source = bytesSource(FS.readFile("/linked.h5"));
  await expect(openHdf5(source, "made.h5")).rejects.toThrow(
    'made.h5, "wide": shape [1000000000000] does not fit the file of',
  );
});
