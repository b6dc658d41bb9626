/** The end of the main job: a plan's weights as a file on disk (Node). */

import { extname } from "node:path";
import { modelFiles, onnxFile } from "../formats/file.ts";
import type { ByteSink } from "../formats/source.ts";
import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import { slotsOf } from "./slots.ts";
import { type StreamOptions, streamWeights } from "./stream.ts";
import { valueSource } from "./values.ts";
import { type WrittenFile, writeAtomically } from "./write-atomic.ts";
import { checkPlace } from "./write-place.ts";
import { sourceOf } from "./write-source.ts";

export interface WriteWeightsOptions extends Omit<StreamOptions, "modelSha256" | "read" | "buffers"> {
  /** The model's file; null for an architecture line. It is never overwritten. */
  readonly source?: string | null;
}

type Format = "safetensors" | "npz" | "onnx";

const FORMATS: Readonly<Record<string, Format>> = { ".safetensors": "safetensors", ".npz": "npz", ".onnx": "onnx" };

function formatOf(path: string): Format {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format === undefined) {
    throw new Error(`write ${path}: unknown kind of file, name it .safetensors, .npz or .onnx`);
  }
  return format;
}

async function fillOnnx(sink: ByteSink, model: Model, plan: Plan, options: WriteWeightsOptions): Promise<void> {
  const {
    source = null,
    dtype = "f32",
    shard = null,
    seed = plan.seed,
    stream = "epoch0",
    signal,
    onProgress,
  } = options;
  if (model.format !== "onnx" || source === null) {
    throw new Error(`write .onnx: needs a model that was read from .onnx, got ${model.format}, write .safetensors`);
  }
  if (shard !== null) throw new Error("write .onnx: a graph cannot be split, got --shard, write .safetensors shards");
  const { writeOnnxChunks } = await import("../formats/onnx/index.ts");
  const { bytes, external } = onnxFile(source);
  const planned = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const valuesOf = valueSource(plan, { seed, stream, read: model.read, tile: Number.MAX_SAFE_INTEGER });
  let drawn = 0;
  const values = (name: string) => {
    const tensor = planned.get(name);
    // Values of the file stay as they are stored.
    if (tensor === undefined || tensor.initializer.kind === "file") return null;
    signal?.throwIfAborted();
    drawn += 1;
    onProgress?.(Math.min(1, drawn / planned.size), name);
    const [whole = new Float32Array(0)] = valuesOf(tensor);
    return whole;
  };
  const chunks = writeOnnxChunks(model, bytes, values, {
    external,
    ...(dtype === "f32" || dtype === "own" ? {} : { dtype }),
  });
  for (const chunk of chunks) await sink.write(chunk);
}

/**
 * Draws a plan's weights into a file: .safetensors, .npz or .onnx (the model's graph with the new weights), by suffix.
 *
 * .safetensors and .npz hold the model's buffers too, so that PyTorch loads them strictly. The file appears whole or not at all, is synced, and is never the model's own. .safetensors and .npz are streamed tile
 * by tile and can be one shard of n. Metadata (scheme, seed, stream version, model's SHA-256, library version) goes into
 * the .safetensors header and the .npz archive comment.
 *
 * @returns path, size and SHA-256 of what was written
 * @throws Error in one line: unknown suffix, the model's own file, disk full, bfloat16 in .npz, …
 * @example await writeWeights("out.safetensors", model, plan(model), { source: "model.onnx" })
 */
export async function writeWeights(
  path: string,
  model: Model,
  plan: Plan,
  options: WriteWeightsOptions = {},
): Promise<WrittenFile> {
  const { source = null, signal } = options;
  const format = formatOf(path);
  checkPlace(path, source === null ? [] : await modelFiles(source));
  const fill = async (sink: ByteSink): Promise<void> => {
    if (format === "onnx") return fillOnnx(sink, model, plan, options);
    const slots = slotsOf(plan, { ...options, buffers: model.buffers });
    const { sha256: modelSha256 } = await sourceOf(source, slots, signal);
    await streamWeights(sink, plan, format, { ...options, read: model.read, buffers: model.buffers, modelSha256 });
  };
  return writeAtomically(path, fill, { signal });
}
