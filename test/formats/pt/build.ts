/** PyTorch files by hand: a pickle assembler, and the archive around it. */

import { zipSync } from "fflate";

export type Code = readonly number[];

const encoder = new TextEncoder();
const little = (value: number, bytes: number): Code =>
  Array.from({ length: bytes }, (_, i) => (value / 2 ** (8 * i)) & 255);

export const proto = (version = 2): Code => [0x80, version];
export const STOP: Code = [0x2e];
export const MARK: Code = [0x28];
export const text = (value: string): Code => {
  const bytes = encoder.encode(value);
  return [0x58, ...little(bytes.length, 4), ...bytes];
};
export const int = (value: number): Code => [0x4a, ...little(value >>> 0, 4)];
/** LONG1 of eight bytes. */
export const long = (value: bigint): Code => [
  0x8a,
  8,
  ...Array.from({ length: 8 }, (_, i) => Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 255n)),
];
export const global = (module: string, name: string): Code => [0x63, ...encoder.encode(`${module}\n${name}\n`)];
export const tuple = (...items: readonly Code[]): Code => [...MARK, ...items.flat(), 0x74];
export const reduce = (callee: Code, args: Code): Code => [...callee, ...args, 0x52];
export const dict = (...entries: readonly (readonly [Code, Code])[]): Code => [0x7d, ...MARK, ...entries.flat(2), 0x75];
export const FALSE: Code = [0x89];
export const ordered: Code = reduce(global("collections", "OrderedDict"), [0x29]);

export interface TensorCode {
  readonly storage?: string;
  readonly key?: string;
  readonly elements?: Code;
  readonly offset?: Code;
  readonly size?: readonly Code[];
  readonly stride?: readonly Code[];
}

/** torch._utils._rebuild_tensor_v2 of a storage, as torch.save writes it. */
export function tensor({
  storage = "FloatStorage",
  key = "0",
  elements = int(4),
  offset = int(0),
  size = [int(2), int(2)],
  stride = [int(2), int(1)],
}: TensorCode = {}): Code {
  const id = tuple(text("storage"), global("torch", storage), text(key), text("cpu"), elements);
  return reduce(
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple([...id, 0x51], offset, tuple(...size), tuple(...stride), FALSE, ordered),
  );
}

export const pickle = (value: Code): Uint8Array => Uint8Array.from([...proto(), ...value, ...STOP]);

/** The zip archive of torch.save: the pickle, and storages by key. */
export function archive(
  value: Code | Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer) },
  { level = 0 }: { readonly level?: 0 | 9 } = {},
): Uint8Array {
  const files: Record<string, [Uint8Array, { level: 0 | 9; mtime: string }]> = {};
  const mtime = "2020-01-01T00:00:00";
  files["archive/data.pkl"] = [value instanceof Uint8Array ? value : pickle(value), { level, mtime }];
  for (const [key, bytes] of Object.entries(storages)) files[`archive/data/${key}`] = [bytes, { level, mtime }];
  files["archive/version"] = [encoder.encode("3\n"), { level, mtime }];
  return zipSync(files);
}
