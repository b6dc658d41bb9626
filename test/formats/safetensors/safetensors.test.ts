import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeNumbers } from "../../../src/formats/dtype.ts";
import { FormatError } from "../../../src/formats/error.ts";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "../../../src/formats/safetensors/index.ts";
import { bytesSource, memorySink } from "../../../src/formats/source.ts";
import { shared } from "../corpus-paths.ts";

const corpus = (name: string) => new Uint8Array(readFileSync(`${shared}models/${name}`));

/** A file from header text and a number of zero bytes. */
function file(header: string, data: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function failure(bytes: Uint8Array): FormatError {
  try {
    readSafetensors(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("was read");
}

test("names, shapes, dtypes and roles of a real file", () => {
  const model = readSafetensors(corpus("bn-cnn.safetensors"));
  const roles = [...model.parameters.values()].map(({ name, role }) => `${name} ${role}`);
  expect(roles.slice(0, 7)).toEqual([
    "features.0.weight weight",
    "features.0.bias bias",
    "features.1.weight scale",
    "features.1.bias shift",
    "features.1.running_mean statistic",
    "features.1.running_var statistic",
    "features.1.num_batches_tracked statistic",
  ]);
  expect(model.parameters.get("features.1.num_batches_tracked")?.dtype).toBe("i64");
  expect(model.nodes).toEqual([]);
  expect(model.notes.map(({ code }) => code)).toEqual(["no-graph"]);
});

test("half precision values are the single precision ones rounded", () => {
  const whole = readSafetensors(corpus("digits-mlp.safetensors"));
  const half = readSafetensors(corpus("digits-mlp-f16.safetensors"));
  const reference = whole.read("fc1.weight")!;
  const values = half.read("fc1.weight")!;
  // Round to nearest: at most half a unit of 2^-10 relative, or of 2^-24 among subnormals.
  values.forEach((value, i) => {
    expect(Math.abs(value - reference[i]!)).toBeLessThanOrEqual(Math.max(2 ** -11 * Math.abs(reference[i]!), 2 ** -25));
  });
  const brain = readSafetensors(corpus("gpt-mini-bf16.safetensors")).read("wte.weight")!;
  const exact = readSafetensors(corpus("gpt-mini.safetensors")).read("wte.weight")!;
  brain.forEach((value, i) => {
    expect(Math.abs(value - exact[i]!)).toBeLessThanOrEqual(2 ** -8 * Math.abs(exact[i]!));
  });
});

test("what is written is read back byte for byte, in any chunks", async () => {
  const slot = fc.record({
    name: fc
      .string({ unit: "binary", maxLength: 12 })
      .filter((name) => name !== "__metadata__" && !/\p{Surrogate}/u.test(name)),
    dtype: fc.constantFrom("f32", "f16", "bf16", "f64", "i64", "u8"),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  });
  const slots = fc.uniqueArray(slot, { selector: ({ name }) => name, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(slots, fc.integer({ min: 1, max: 9 }), async (tensors, piece) => {
      const sink = memorySink();
      const bytesOf = new Map(
        tensors.map(({ name, dtype, shape }) => {
          const count = shape.reduce((product, size) => product * size, 1);
          return [
            name,
            encodeNumbers(
              Float64Array.from({ length: count }, (_, i) => i),
              dtype,
            ),
          ];
        }),
      );
      const metadata = { seed: "3", quote: '"\\' };
      await writeSafetensors(
        sink,
        tensors,
        function* ({ name }) {
          const bytes = bytesOf.get(name)!;
          for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
        },
        { metadata },
      );
      const written = sink.bytes();
      const header = readSafetensorsHeader(bytesSource(written));
      expect(Object.fromEntries(header.metadata)).toEqual(metadata);
      expect(new Set(header.tensors.map(({ name }) => name))).toEqual(new Set(bytesOf.keys()));
      for (const { name, offset, bytes } of header.tensors) {
        expect([...written.subarray(offset, offset + bytes)]).toEqual([...bytesOf.get(name)!]);
      }
    }),
    { numRuns: 60 },
  );
});

const entry = (shape: string, from: number, to: number) =>
  `{"dtype":"F32","shape":${shape},"data_offsets":[${from},${to}]}`;

test.each([
  ["too short", new Uint8Array(3), "at least 10 bytes", 0],
  ["a header beyond the file", file("{}", 0).subarray(0, 9), "at least 10 bytes", 0],
  ["a length beyond the cap", Uint8Array.from({ length: 16 }, () => 255), "at most 100000000 bytes", 0],
  ["a tensor that comes twice", file(`{"a":${entry("[1]", 0, 4)},"a":${entry("[1]", 4, 8)}}`, 8), "comes twice", 62],
  ["an overlap", file(`{"a":${entry("[2]", 0, 8)},"b":${entry("[1]", 4, 8)}}`, 8), "overlaps", null],
  ["a gap", file(`{"a":${entry("[1]", 0, 4)},"b":${entry("[1]", 8, 12)}}`, 12), "leaves a gap", null],
  ["bytes after the last tensor", file(`{"a":${entry("[1]", 0, 4)}}`, 9), "something else follows", null],
  ["a cut file", file(`{"a":${entry("[4]", 0, 16)}}`, 4), "the file is cut", null],
  ["a size that is not the shape's", file(`{"a":${entry("[3]", 0, 4)}}`, 4), "takes 12 bytes, got 4", null],
  [
    "a shape whose product overflows",
    file(`{"a":${entry("[9007199254740991,9007199254740991]", 0, 4)}}`, 4),
    "too large",
    null,
  ],
  ["a negative size", file(`{"a":${entry("[-1]", 0, 4)}}`, 4), "a whole number", null],
  [
    "an unknown dtype",
    file('{"a":{"dtype":"F8_E5M2","shape":[],"data_offsets":[0,1]}}', 1),
    "dtype must be one of",
    null,
  ],
  [
    "a dtype from the prototype",
    file('{"a":{"dtype":"constructor","shape":[],"data_offsets":[0,1]}}', 1),
    "dtype must",
    null,
  ],
  ["deep nesting", file(`{"a":${"[".repeat(100_000)}`, 0), 'expected "{"', null],
  ["an array", file("[1]", 0), 'expected "{" at the start', 8],
])("refuses %s in one line", (_, bytes, message, offset) => {
  const error = failure(bytes);
  expect(error.message).toContain(message);
  expect(error.message).not.toContain("\n");
  if (offset !== null) expect(error.offset).toBe(offset);
});

test("mutated and cut files are read or refused, never anything else", () => {
  const good = corpus("bn-cnn.safetensors");
  const edit = fc.record({ at: fc.oneof(fc.nat(1800), fc.nat(good.length - 1)), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(good.length)), (edits, cut) => {
      const bytes = good.slice(0, cut ?? good.length);
      for (const { at, value } of edits) if (at < bytes.length) bytes[at] = value;
      try {
        const model = readSafetensors(bytes);
        for (const name of model.parameters.keys()) model.read(name);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 400 },
  );
});
