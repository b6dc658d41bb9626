/** The corpus of exported models that lies beside the repository, and small readers of its reference files. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type ReadOnnxOptions, readOnnx } from "../../../src/formats/onnx/index.ts";
import type { Model } from "../../../src/model/index.ts";

const shared = new URL("../../../../shared/", import.meta.url);

export const onnxFiles: readonly string[] = readdirSync(new URL("models/", shared), { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".onnx"))
  .sort();

export function modelBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`models/${file}`, shared)));
}

export function readModel(file: string, options: ReadOnnxOptions = {}): Model {
  const folder = new URL(`models/${file}`, shared);
  const external = (location: string): Uint8Array | null => {
    const path = new URL(location, folder);
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
  };
  return readOnnx(modelBytes(file), { external, ...options });
}

export interface MeasuredParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly onnx: string | null;
  readonly transposed?: boolean;
  readonly mergedInto?: string;
  readonly packed?: object;
  readonly foldedBatchNorm?: boolean;
}

export interface Measured {
  readonly model: string;
  readonly batch: number;
  readonly runs: readonly {
    readonly activations: readonly { readonly onnx: string | null; readonly shape: readonly number[] }[];
    readonly parameters: readonly MeasuredParameter[];
  }[];
}

export function measured(): Measured[] {
  const folder = new URL("measured/", shared);
  return readdirSync(folder)
    .sort()
    .map((name): Measured => JSON.parse(readFileSync(new URL(name, folder), "utf8")));
}

/** Float32 tensors of a safetensors file, by name: 8 bytes of header length, JSON, data. */
export function safetensors(file: string): ReadonlyMap<string, Float32Array> {
  const bytes = readFileSync(new URL(`models/${file}`, shared));
  const length = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype?: string; data_offsets?: [number, number] }> = JSON.parse(
    bytes.subarray(8, 8 + length).toString("utf8"),
  );
  const tensors = new Map<string, Float32Array>();
  for (const [name, { dtype, data_offsets }] of Object.entries(header)) {
    if (dtype !== "F32" || !data_offsets) continue;
    const [from, to] = data_offsets;
    const data = new Uint8Array(bytes.subarray(8 + length + from, 8 + length + to));
    tensors.set(name, new Float32Array(data.buffer));
  }
  return tensors;
}
