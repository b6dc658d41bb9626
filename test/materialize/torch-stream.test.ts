/** `--scheme torch --stream torch`: the weights that PyTorch's own constructors gave these files, under their seeds. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memorySink } from "../../src/formats/index.ts";
import { readOnnx } from "../../src/formats/onnx/index.ts";
import { readSafetensors } from "../../src/formats/safetensors/index.ts";
import { bytesSource } from "../../src/formats/source.ts";
import type { Initializer } from "../../src/init/types.ts";
import { initialize, streamWeights } from "../../src/materialize/index.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan, PlannedTensor } from "../../src/plan/types.ts";
import { shared } from "../formats/corpus-paths.ts";
import { golden, type Tensor, worst } from "../random/torch/golden.ts";

const open = (file: string) => readOnnx(new Uint8Array(readFileSync(join(shared, "models", file))), { name: file });
const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

interface Entry {
  readonly kind: string;
  readonly seed?: number;
  readonly law?: string;
}
const manifest: { files: Record<string, Entry> } = JSON.parse(
  readFileSync(join(shared, "models", "manifest.json"), "utf8"),
);

/**
 * A parameter that user code draws itself, in the middle of the constructors: vit-mini's table of positions stands before
 * the patch embedding in the state dict and is drawn after it. What follows both is equal again.
 */
const BY_HAND: Readonly<Record<string, readonly string[]>> = {
  "vit-mini.onnx": ["pos_embed", "patch_embed.weight", "patch_embed.bias"],
};
/** Folding batch normalization into the convolutions changed the values that the file holds. */
const FOLDED = "bn-cnn-folded.onnx";

const files = Object.entries(manifest.files).filter(
  ([file, { law }]) => law === "torch default init" && file !== FOLDED,
);

test("there are files to compare", () => expect(files.length).toBeGreaterThan(20));

describe("files that PyTorch's constructors made", () => {
  test.each(files)("%s", (file, { seed = 0 }) => {
    const model = open(file);
    const drawn = initialize(plan(model, { scheme: "torch", seed }), { stream: "torch", read: model.read });
    const wrong = [...drawn].filter(([name, values]) => {
      const there = model.read(name);
      if (there === null) return false;
      const patterns = bits(Float32Array.from(there));
      return !bits(values).every((pattern, i) => pattern === patterns[i]);
    });
    expect(wrong.map(([name]) => name)).toEqual(BY_HAND[file] ?? []);
  });
});

const tensor = (name: string, shape: readonly number[], initializer: Initializer): PlannedTensor => ({
  name,
  shape,
  initializer,
  dtype: "f32",
  role: "weight",
  op: "linear",
  fanIn: shape[1] ?? 1,
  fanOut: shape[0] ?? 1,
  std: 0,
  why: "",
});
const planOf = (scheme: string, tensors: readonly PlannedTensor[]): Plan => ({
  ...plan(open("autoencoder.onnx"), { scheme: "zeros" }),
  scheme,
  tensors,
});
const spread = (fanIn: number): Initializer => ({
  kind: "uniform",
  low: -1 / Math.sqrt(fanIn),
  high: 1 / Math.sqrt(fanIn),
});

test.each([0, 42, 1099511627781])(
  "a TransformerEncoderLayer under seed %s: its attention's output projection is drawn first",
  (seed) => {
    const call = `torch.manual_seed(${seed}); r = state(nn.TransformerEncoderLayer(8, 2, 12))`;
    const state = golden("torch-modules").find((each) => each.call === call)!.result;
    const glorot = Math.sqrt(6 / (8 + 24));
    const tensors = [
      tensor("self_attn.in_proj_weight", [24, 8], { kind: "uniform", low: -glorot, high: glorot }),
      tensor("self_attn.in_proj_bias", [24], { kind: "zeros" }),
      tensor("self_attn.out_proj.weight", [8, 8], spread(8)),
      tensor("self_attn.out_proj.bias", [8], { kind: "zeros" }),
      tensor("linear1.weight", [12, 8], spread(8)),
      tensor("linear1.bias", [12], spread(8)),
      tensor("linear2.weight", [8, 12], spread(12)),
      tensor("linear2.bias", [8], spread(12)),
    ];
    const drawn = initialize(planOf("torch", tensors), { stream: "torch", seed });
    for (const { name } of tensors) expect(worst(drawn.get(name)!, state[name] as Tensor), name).toBe(0);
  },
);

test("files say whose numbers they hold, and shards are parts of the whole", async () => {
  const model = open("digits-mlp.onnx");
  const chosen = plan(model, { scheme: "torch" });
  const whole = initialize(chosen, { stream: "torch" });
  for (const index of [1, 2, 3]) {
    const sink = memorySink();
    await streamWeights(sink, chosen, "safetensors", { stream: "torch", shard: { index, count: 3 } });
    const bytes = sink.bytes();
    expect(new TextDecoder().decode(bytes.subarray(8, 600))).toContain('"stream":"torch"');
    const part = readSafetensors(bytesSource(bytes), { name: "part" });
    for (const name of part.parameters.keys()) expect(part.read(name)).toEqual(whole.get(name));
  }
});

test("what PyTorch has no call for is refused", () => {
  const made = planOf("delta-orthogonal", [tensor("w", [4, 4, 3], { kind: "delta-orthogonal", gain: 1 })]);
  expect(() => initialize(made, { stream: "torch" })).toThrow(
    "stream torch: torch has no initializer delta-orthogonal",
  );
});
