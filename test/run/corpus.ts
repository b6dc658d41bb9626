/** The corpus beside the clone: exporter-made models with what PyTorch says of them. */

import { readdirSync, readFileSync } from "node:fs";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import type { Model } from "../../src/model/types.ts";

const shared = new URL("../../../shared/", import.meta.url);

export function corpusModel(file: string, batch: number): Model {
  const bytes = new Uint8Array(readFileSync(new URL(`models/${file}`, shared)));
  return readOnnx(bytes, { name: file, batch });
}

interface Encoded {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bits?: readonly number[];
  readonly values?: readonly number[];
}

export interface Golden {
  readonly model: string;
  readonly files: readonly string[];
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: Readonly<Record<string, Encoded>>;
}

export function goldenNames(): string[] {
  return readdirSync(new URL("golden/forward/", shared)).map((name) => name.replace(".json", ""));
}

export function golden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(`golden/forward/${name}.json`, shared), "utf8")) as Golden;
}

export function floats(encoded: Encoded): Float32Array {
  if (encoded.bits === undefined) return Float32Array.from(encoded.values ?? []);
  return new Float32Array(Uint32Array.from(encoded.bits).buffer);
}

export interface MeasuredRun {
  readonly law: string;
  readonly mode: "train" | "eval";
  readonly activations: readonly {
    readonly onnx: string | null;
    readonly secondMoment: readonly [number, number];
    readonly gradSecondMomentFresh: readonly [number, number];
  }[];
  readonly parameters: readonly {
    readonly name: string;
    readonly gradSecondMomentFreshPerSample: readonly [number, number] | null;
  }[];
}

export function measured(name: string): { batch: number; redraws: number; runs: readonly MeasuredRun[] } {
  return JSON.parse(readFileSync(new URL(`measured/${name}.json`, shared), "utf8"));
}
