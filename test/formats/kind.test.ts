/** What a file is, by its name and its first bytes. */

import { expect, test } from "vitest";
import { jsonKindOf, kindOf, suffixOf } from "../../src/formats/kind.ts";
import { safetensorsHeader } from "../../src/formats/safetensors/index.ts";
import { bytesSource } from "../../src/formats/source.ts";

/** A header of exactly that many bytes: a name fills it up. */
function headerOf(length: number): Uint8Array {
  const rest = safetensorsHeader([{ name: "", dtype: "f32", shape: [0] }]).length - 8;
  const bytes = safetensorsHeader([{ name: "w".repeat(length - rest), dtype: "f32", shape: [0] }]);
  expect(new DataView(bytes.buffer).getUint32(0, true)).toBe(length);
  return bytes;
}

test("a .safetensors file whose header's length begins like a pickle is none", () => {
  // 0x0280 … 0x0580, little-endian: 0x80, then a pickle's protocol 2 … 5.
  for (const length of [0x280, 0x380, 0x480, 0x580]) {
    const source = bytesSource(headerOf(length));
    expect(kindOf("model.safetensors", source)).toBe("safetensors");
    expect(kindOf("unnamed", source)).toBe("safetensors");
    expect(() => kindOf("model.pt", source)).toThrow("the first bytes say .safetensors");
  }
});

test("pickles of every protocol are PyTorch's to read", () => {
  // As Python writes an empty dict under each protocol, and a frame of the first size that is written.
  for (const start of [
    "\x80\x02}q\x00.",
    "\x80\x03}q\x00.",
    "\x80\x04\x95\x0b\0\0\0\0\0\0\0}\x94.",
    "\x80\x05\x95\x7b\0\0\0\0\0\0\0}\x94.",
  ])
    expect(kindOf("w.pt", bytesSource(Uint8Array.from(start, (char) => char.charCodeAt(0))))).toBe("torch");
});

test("JSON is told by its keys, names by their last point", () => {
  const kind = (text: string) => jsonKindOf("a.json", new TextEncoder().encode(text));
  expect(kind('{"metadata":{},"weight_map":{}}')).toBe("index");
  expect(kind('{"model_type":"gpt2"}')).toBe("config");
  expect(kind('{"w":[2,3]}')).toBe("shapes");
  expect(kind('{"modelTopology":{}}')).toBe("tfjs");
  expect(kind('{"class_name":"Sequential","config":{}}')).toBe("keras");
  expect(() => kind('{"nodes":[]}')).toThrow('a.json: a JSON description of another kind (it has "nodes")');
  expect(["a/b.ONNX", "a.tar.gz", "a.d/b", ".onnx", "x."].map(suffixOf)).toEqual([".onnx", ".gz", "", "", ""]);
});
