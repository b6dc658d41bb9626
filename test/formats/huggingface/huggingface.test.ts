/** Shapes from Hugging Face configurations. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { modelFiles, openModel } from "../../../src/formats/file.ts";
import { FAMILIES, readConfig } from "../../../src/formats/huggingface/index.ts";
import { parseShardIndex } from "../../../src/formats/shards/index.ts";
import type { Model } from "../../../src/model/types.ts";
import { plan } from "../../../src/plan/index.ts";
import { PUBLISHED } from "./published.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const count = ({ parameters }: Model) =>
  [...parameters.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

test.each(PUBLISHED.map((published) => [published.model, published] as const))(
  "%s has the published number of parameters",
  (_, { config, parameters }) => {
    expect(count(readConfig(encode(config)))).toBe(parameters);
  },
);

test("every family is held against a published model", () => {
  const held = new Set(PUBLISHED.map(({ config }) => config.model_type));
  // The same tables under other names.
  const alike = ["granite", "xlm-roberta", "camembert", "RefinedWeb", "RefinedWebModel", "mt5"];
  expect(FAMILIES.flatMap(({ types }) => types).filter((type) => !held.has(type) && !alike.includes(type))).toEqual([]);
});

const LLAMA = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 30,
  initializer_range: 0.03,
  torch_dtype: "bfloat16",
  rope_scaling: { type: "linear", factor: Number.POSITIVE_INFINITY },
};

/** As Python writes it. */
const python = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value).replace('"factor":null', '"factor":Infinity'));

const indexFor = (names: readonly string[], metadata: unknown = {}) =>
  parseShardIndex(
    encode({
      metadata,
      weight_map: Object.fromEntries(names.map((name) => [name, "model-00001-of-00002.safetensors"])),
    }),
  );

test("names, shapes and number types of one layer, in the order of the state dict", () => {
  const { parameters, format, notes } = readConfig(python(LLAMA));
  expect(format).toBe("huggingface");
  expect(notes.map(({ code }) => code)).toEqual(["no-graph"]);
  expect([...parameters.values()].slice(0, 12).map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
    ["model.embed_tokens.weight", [30, 8], "bf16"],
    ["model.layers.0.self_attn.q_proj.weight", [8, 8], "bf16"],
    ["model.layers.0.self_attn.k_proj.weight", [4, 8], "bf16"],
    ["model.layers.0.self_attn.v_proj.weight", [4, 8], "bf16"],
    ["model.layers.0.self_attn.o_proj.weight", [8, 8], "bf16"],
    ["model.layers.0.mlp.gate_proj.weight", [12, 8], "bf16"],
    ["model.layers.0.mlp.up_proj.weight", [12, 8], "bf16"],
    ["model.layers.0.mlp.down_proj.weight", [8, 12], "bf16"],
    ["model.layers.0.input_layernorm.weight", [8], "bf16"],
    ["model.layers.0.post_attention_layernorm.weight", [8], "bf16"],
    ["model.layers.1.self_attn.q_proj.weight", [8, 8], "bf16"],
    ["model.layers.1.self_attn.k_proj.weight", [4, 8], "bf16"],
  ]);
  expect([...parameters.keys()].at(-1)).toBe("lm_head.weight");
});

test("the class decides what is on top, and without one it is said what is taken", () => {
  const names = (architectures: unknown) => [
    ...readConfig(python({ ...LLAMA, architectures, id2label: { 0: "a", 1: "b", 2: "c" } })).parameters.keys(),
  ];
  expect(names(["LlamaModel"])[0]).toBe("embed_tokens.weight");
  expect(names(["LlamaModel"])).not.toContain("lm_head.weight");
  expect(names(["LlamaForSequenceClassification"])).toContain("score.weight");
  const silent = readConfig(python({ ...LLAMA, architectures: null }));
  expect(silent.notes.at(-1)?.message).toBe(
    "the configuration names no class, its shapes are taken as those of …ForCausalLM",
  );
  expect(() => names(["LlamaForDreams"])).toThrow('config: class "LlamaForDreams" is not known here');
});

test("an index decides which tensors there are; its size checks the shapes", () => {
  const all = [...readConfig(python(LLAMA)).parameters.keys()];
  const count =
    2 *
    all
      .map((name) =>
        readConfig(python(LLAMA))
          .parameters.get(name)!
          .shape.reduce((a, b) => a * b, 1),
      )
      .reduce((a, b) => a + b, 0);
  const tied = all.filter((name) => name !== "lm_head.weight");
  const biased = "model.layers.1.self_attn.q_proj.bias";
  const from = (names: readonly string[], metadata?: unknown) =>
    readConfig(python(LLAMA), { index: indexFor(names, metadata) });
  expect([...from(tied).parameters.keys()]).toEqual(tied);
  expect(from([...all, biased]).parameters.get(biased)?.shape).toEqual([8]);
  // Saved from the body alone: names without the prefix.
  expect(from(["layers.0.mlp.up_proj.weight"]).parameters.size).toBe(1);
  expect(from(all, { total_size: count }).notes).toHaveLength(1);
  expect(from(all, { total_size: count - 2 * 8 }).notes.at(-1)?.message).toMatch(
    /^the index says \d+ bytes, the configuration's shapes take \d+: tables may have been resized/,
  );
  const old = from([...all, "model.layers.0.self_attn.rotary_emb.inv_freq"]);
  expect([...old.parameters.keys()]).toEqual(all);
  expect(old.notes.at(-1)?.message).toBe(
    'left out, as the library computes them: "model.layers.0.self_attn.rotary_emb.inv_freq"',
  );
  expect(() => from([...all, "vision.tower.weight", "vision.tower.bias"])).toThrow(
    'config: the shape of "vision.tower.weight" and of 1 more does not follow from model_type "llama", give a list of shapes',
  );
});

test("scheme huggingface draws by the declared number; GPT-2's fans follow from its biases", () => {
  const llama = plan(readConfig(python(LLAMA)), { scheme: "huggingface" });
  const std = (name: string, of = llama) => of.tensors.find((tensor) => tensor.name === name)?.std;
  expect(std("model.layers.0.mlp.down_proj.weight")).toBeCloseTo(0.03, 15);
  expect(std("model.embed_tokens.weight")).toBeCloseTo(0.03, 15);
  const gpt2 = readConfig(
    encode({
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      n_embd: 8,
      n_layer: 3,
      n_positions: 5,
      vocab_size: 9,
    }),
  );
  const drawn = plan(gpt2, { scheme: "hf" });
  expect(std("transformer.h.1.attn.c_attn.weight", drawn)).toBeCloseTo(0.02, 15);
  // Radford 2019, section 2.3: 0.02/√(2·3).
  expect(std("transformer.h.1.mlp.c_proj.weight", drawn)).toBeCloseTo(0.02 / Math.sqrt(6), 15);
  const fans = (name: string) => {
    const { fanIn, fanOut } = drawn.tensors.find((tensor) => tensor.name === name)!;
    return [fanIn, fanOut];
  };
  expect(fans("transformer.h.0.attn.c_attn.weight")).toEqual([8, 24]);
  expect(fans("transformer.h.0.mlp.c_fc.weight")).toEqual([8, 32]);
  expect(fans("transformer.h.0.mlp.c_proj.weight")).toEqual([32, 8]);
  const t5 = PUBLISHED.find(({ model }) => model === "t5-small")!;
  expect(() => plan(readConfig(encode(t5.config)), { scheme: "huggingface" })).toThrow("one for each kind");
});

test("Gemma's norms are differences from 1: they start at 0", () => {
  const { config } = PUBLISHED.find(({ model }) => model === "gemma-2-2b")!;
  const { tensors } = plan(readConfig(encode({ ...config, num_hidden_layers: 1 })), { scheme: "torch" });
  for (const { name, initializer } of tensors)
    if (/norm/.test(name)) expect([name, initializer]).toEqual([name, { kind: "zeros" }]);
});

test.each<[string, unknown, RegExp]>([
  ["no object", [1], /must be an object/],
  ["another family", { model_type: "perceiver" }, /model_type "perceiver" are not known here, .*known are llama/],
  ["no family", { architectures: ["X"] }, /model_type \(none\)/],
  ["a prototype's name", { ...LLAMA, model_type: "__proto__" }, /model_type "__proto__" are not known/],
  [
    "a size that is missing",
    { ...LLAMA, hidden_size: undefined },
    /hidden_size must be a whole number from 1, got nothing/,
  ],
  ["a size of text", { ...LLAMA, vocab_size: "many" }, /vocab_size must be a whole number/],
  ["a size of nothing", { ...LLAMA, vocab_size: 0 }, /vocab_size must be a whole number from 1, got/],
  ["a fraction", { ...LLAMA, num_hidden_layers: 1.5 }, /num_hidden_layers must be/],
  ["a flag of text", { ...LLAMA, attention_bias: "yes" }, /attention_bias must be true or false/],
  ["a billion layers", { ...LLAMA, num_hidden_layers: 1e9 }, /more than 1000000 tensors/],
  ["a table beyond 2^53", { ...LLAMA, hidden_size: 2 ** 39, vocab_size: 2 ** 39 }, /too large/],
])("refused in one line: %s", (_, config, message) => {
  expect(() => readConfig(encode(config))).toThrow(FormatError);
  expect(() => readConfig(encode(config))).toThrow(message);
});

test("damaged text is refused with its byte", () => {
  const bytes = python(LLAMA);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (end) => {
      expect(() => readConfig(bytes.subarray(0, end))).toThrow(/^config: .* \(byte \d+\)$/);
    }),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = byte;
      try {
        readConfig(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 300 },
  );
});

const root = mkdtempSync(join(tmpdir(), "epoch0-huggingface-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a folder stands for what is in it, and nothing outside of it is opened", async () => {
  const folder = join(root, "model");
  mkdirSync(folder);
  await expect(openModel(folder)).rejects.toThrow("a folder without model.safetensors, an index or config.json");
  writeFileSync(join(folder, "config.json"), python(LLAMA));
  const alone = await openModel(folder);
  expect(alone.parameters.size).toBe(21);
  expect(await modelFiles(folder)).toEqual([join(folder, "config.json")]);
  const index = join(folder, "model.safetensors.index.json");
  const names = [...alone.parameters.keys()].slice(0, 5);
  writeFileSync(
    index,
    encode({ weight_map: Object.fromEntries(names.map((name) => [name, "model-00001-of-00001.safetensors"])) }),
  );
  // No shard is there: names of the index, shapes of the configuration.
  for (const path of [folder, index, join(folder, "config.json")])
    expect([...(await openModel(path)).parameters.keys()]).toEqual(names);
  expect(await modelFiles(folder)).toEqual([index, join(folder, "config.json")]);
  const outside = join(root, "linked");
  mkdirSync(outside);
  writeFileSync(join(root, "secret.json"), python(LLAMA));
  writeFileSync(join(outside, "model.safetensors.index.json"), encode({ weight_map: { a: "a.safetensors" } }));
  symlinkSync(join(root, "secret.json"), join(outside, "config.json"));
  await expect(openModel(outside)).rejects.toThrow("leads outside its folder");
});
