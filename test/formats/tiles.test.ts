/** A tensor in pieces is the tensor: ONNX inline and external, .npz stored and deflated, PyTorch packed again. */

import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { FormatError } from "../../src/formats/error.ts";
import { openModel } from "../../src/formats/file.ts";
import { readNpz } from "../../src/formats/npz/index.ts";
import { readPt } from "../../src/formats/pt/index.ts";
import type { Model } from "../../src/model/types.ts";
import { shared } from "./corpus-paths.ts";

/** Joined, as a piece is overwritten by the next. */
function joined(pieces: Iterable<Float32Array | Float64Array>): number[] {
  const values: number[] = [];
  for (const piece of pieces) for (const value of piece) values.push(value);
  return values;
}

function expectSame(model: Model): void {
  for (const name of model.parameters.keys()) {
    const values = model.read(name);
    const pieces = model.tiles?.(name) ?? null;
    expect([name, pieces && joined(pieces)]).toEqual([name, values && [...values]]);
  }
}

test.each([
  "lenet5.onnx",
  "gru.onnx",
  "autoencoder-floatdata.onnx",
  "digits-mlp-external/digits-mlp.onnx",
  "lenet5.npz",
])("%s", async (file) => {
  expectSame(await openModel(`${shared}models/${file}`));
});

/** 300,000 numbers: more than a piece. */
function archive(level: 0 | 9): Uint8Array {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 100000), }".padEnd(117, " ");
  const npy = new Uint8Array(128 + 1_200_000);
  npy.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 118, 0]);
  npy.set(new TextEncoder().encode(`${header}\n`), 10);
  new Float32Array(npy.buffer, 128).forEach((_, i, all) => {
    all[i] = i % 977;
  });
  return zipSync({ "w.npy": npy }, { level });
}

test.each([0, 9] as const)("an .npz member of more than a piece, compression level %i", (level) => {
  const bytes = archive(level);
  const model = readNpz(bytes);
  expectSame(model);
  expect([...model.tiles!("w")!].length).toBe(2);
  const damaged = bytes.slice();
  damaged[damaged.length >> 1]! ^= 1;
  expect(() => joined(readNpz(damaged).tiles!("w")!)).toThrow(FormatError);
});

test("a PyTorch archive that was packed again is unpacked once a storage", () => {
  const stored = new Uint8Array(readFileSync(`${shared}models/lenet5.pt`));
  const packed = zipSync(unzipSync(stored), { level: 6 });
  expect(packed.length).toBeLessThan(stored.length);
  expectSame(readPt(packed));
});
