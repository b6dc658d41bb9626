/** A file without its large values is the same graph, and what is damaged is damaged in the same place. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOnnx, skeletonOf } from "../../../src/formats/onnx/index.ts";
import { bytesSource } from "../../../src/formats/source.ts";
import type { Model } from "../../../src/model/types.ts";
import { shared } from "../corpus-paths.ts";

const fileOf = (name: string) => new Uint8Array(readFileSync(`${shared}models/${name}`));

/** Everything but the functions, and one value of each parameter. */
function toldBy(read: () => Model): unknown {
  try {
    const { read: valuesOf, tiles, buffers, ...model } = read();
    return [model, [...model.parameters.keys()].map((name) => valuesOf(name)?.at(-1))];
  } catch (error) {
    return String(error);
  }
}
const both = (bytes: Uint8Array) => {
  const sparse = () => {
    const { bytes: skeleton, values } = skeletonOf(bytesSource(bytes));
    return readOnnx(skeleton, { values });
  };
  return [toldBy(() => readOnnx(bytes)), toldBy(sparse)] as const;
};

/** Three with tensors of 64 KiB and more, one with float_data, which stays. */
const FILES = ["digits-mlp.onnx", "lenet5.onnx", "lstm.onnx", "autoencoder-floatdata.onnx"];

describe("an ONNX file read without its large values", () => {
  it.each(FILES)("%s", (name) => {
    const [whole, skeleton] = both(fileOf(name));
    expect(skeleton).toEqual(whole);
  });

  it("leaves the values out, and only those", () => {
    const bytes = fileOf("lenet5.onnx");
    const { bytes: skeleton } = skeletonOf(bytesSource(bytes));
    const zeroed = bytes.reduce((count, byte, i) => count + (byte === skeleton[i] ? 0 : 1), 0);
    // The one large weight, 120 × 400; of its 192,000 bytes about 1 in 256 is zero by itself.
    expect(zeroed / 192_000).toBeGreaterThan(0.95);
    expect(zeroed).toBeLessThanOrEqual(192_000);
  });

  it("goes back to the file for what was left out, and only for that", () => {
    const bytes = fileOf("lenet5.onnx");
    let reads = 0;
    const file = bytesSource(bytes);
    const { bytes: skeleton, values } = skeletonOf({
      size: file.size,
      read: (offset, length) => {
        reads++;
        return file.read(offset, length);
      },
    });
    reads = 0;
    const model = readOnnx(skeleton, { values });
    const whole = readOnnx(bytes);
    for (const name of model.parameters.keys()) {
      const expected = whole.read(name);
      expect(model.read(name)?.every((value, i) => value === expected?.[i])).toBe(true);
    }
    // The weight of 120 × 400 alone is larger than 64 KiB.
    expect(reads).toBe(1);
  });

  it("gives any piece of the file as the file has it", () => {
    const bytes = fileOf("digits-mlp.onnx");
    const { values } = skeletonOf(bytesSource(bytes));
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const target = new Uint8Array(end - start);
        values.readInto?.(start, target);
        expect(Buffer.compare(values.read(start, end - start), bytes.subarray(start, end))).toBe(0);
        expect(Buffer.compare(target, bytes.subarray(start, end))).toBe(0);
      }),
    );
    expect(() => values.read(bytes.length - 1, 2)).toThrow("it is cut");
  });

  it("with bytes changed or cut off: the same model, or the same error", () => {
    const bytes = fileOf("lenet5.onnx");
    // Where the structure is: the file's ends and what lies between large values.
    const { bytes: skeleton } = skeletonOf(bytesSource(bytes));
    const structure = Array.from(skeleton.keys()).filter((i) => skeleton[i] !== 0);
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.boolean(), (place, value, cut) => {
        const at = structure[place % structure.length] ?? 0;
        const changed = cut ? bytes.slice(0, at) : bytes.slice();
        if (!cut) changed[at] = value;
        const [whole, sparse] = both(changed);
        expect(sparse).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});
