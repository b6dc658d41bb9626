/** Decoders of other makes: GPT-2, GPT-J, GPT-NeoX, Phi, StarCoder2, Falcon, BLOOM, OPT. `.*` stands for weight and bias. */

import type { ConfigReader } from "../config.ts";
import type { Family, Sizes } from "../types.ts";
import { initializerRange, initStd, labels, untied, withBias } from "./common.ts";

const common = { std: initializerRange } as const;

/** Conv1D keeps its matrices as [in, out]. The last matrix of each residual branch is drawn smaller. */
const gpt2: Family = {
  ...common,
  types: ["gpt2"],
  prefix: "transformer.",
  scaled: /c_proj\.weight$/,
  sizes: (config) => {
    const hidden = config.size(["n_embd", "hidden_size"]);
    return {
      hidden,
      vocab: config.size("vocab_size"),
      positions: config.size(["n_positions", "n_ctx"]),
      layers: config.size(["n_layer", "num_hidden_layers"]),
      inner: config.size("n_inner", 4 * hidden),
      untied: untied(config, true),
      ...labels(config),
    };
  },
  body: `
wte.weight vocab hidden
wpe.weight positions hidden
h.{layers}.ln_1.weight hidden
h.{layers}.ln_1.bias hidden
h.{layers}.attn.c_attn.weight hidden 3*hidden
h.{layers}.attn.c_attn.bias 3*hidden
h.{layers}.attn.c_proj.weight hidden hidden
h.{layers}.attn.c_proj.bias hidden
h.{layers}.ln_2.weight hidden
h.{layers}.ln_2.bias hidden
h.{layers}.mlp.c_fc.weight hidden inner
h.{layers}.mlp.c_fc.bias inner
h.{layers}.mlp.c_proj.weight inner hidden
h.{layers}.mlp.c_proj.bias hidden
ln_f.weight hidden
ln_f.bias hidden`,
  heads: {
    LMHeadModel: { rows: "lm_head.weight vocab hidden ?untied" },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const gptj: Family = {
  ...common,
  types: ["gptj"],
  prefix: "transformer.",
  sizes: (config) => {
    const hidden = config.size(["n_embd", "hidden_size"]);
    return {
      hidden,
      vocab: config.size("vocab_size"),
      layers: config.size(["n_layer", "num_hidden_layers"]),
      inner: config.size("n_inner", 4 * hidden),
      ...labels(config),
    };
  },
  body: withBias(`
wte.weight vocab hidden
h.{layers}.ln_1.* hidden
h.{layers}.attn.k_proj.weight hidden hidden
h.{layers}.attn.v_proj.weight hidden hidden
h.{layers}.attn.q_proj.weight hidden hidden
h.{layers}.attn.out_proj.weight hidden hidden
h.{layers}.mlp.fc_in.* inner hidden
h.{layers}.mlp.fc_out.* hidden inner
ln_f.* hidden`),
  heads: {
    ForCausalLM: { rows: withBias("lm_head.* vocab hidden") },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const plain = (config: ConfigReader): Sizes => ({
  hidden: config.size("hidden_size"),
  vocab: config.size("vocab_size"),
  layers: config.size("num_hidden_layers"),
  inner: config.size("intermediate_size"),
  ...labels(config),
});

const gptNeox: Family = {
  ...common,
  types: ["gpt_neox"],
  prefix: "gpt_neox.",
  sizes: (config) => ({ ...plain(config), untied: untied(config, false), biased: config.flag("attention_bias", true) }),
  body: withBias(`
embed_in.weight vocab hidden
layers.{layers}.input_layernorm.* hidden
layers.{layers}.post_attention_layernorm.* hidden
layers.{layers}.attention.query_key_value.weight 3*hidden hidden
layers.{layers}.attention.query_key_value.bias 3*hidden ?biased
layers.{layers}.attention.dense.weight hidden hidden
layers.{layers}.attention.dense.bias hidden ?biased
layers.{layers}.mlp.dense_h_to_4h.* inner hidden
layers.{layers}.mlp.dense_4h_to_h.* hidden inner
final_layer_norm.* hidden`),
  heads: {
    ForCausalLM: { rows: "embed_out.weight vocab hidden ?untied" },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const phi: Family = {
  ...common,
  types: ["phi"],
  prefix: "model.",
  sizes: (config) => {
    const sizes = plain(config);
    const heads = config.size("num_attention_heads");
    const head = Math.floor((sizes.hidden ?? 0) / heads);
    return { ...sizes, keys: head * config.size("num_key_value_heads", heads) };
  },
  body: withBias(`
embed_tokens.weight vocab hidden
layers.{layers}.self_attn.q_proj.* hidden hidden
layers.{layers}.self_attn.k_proj.* keys hidden
layers.{layers}.self_attn.v_proj.* keys hidden
layers.{layers}.self_attn.dense.* hidden hidden
layers.{layers}.mlp.fc1.* inner hidden
layers.{layers}.mlp.fc2.* hidden inner
layers.{layers}.input_layernorm.* hidden
final_layernorm.* hidden`),
  heads: {
    ForCausalLM: { rows: withBias("lm_head.* vocab hidden") },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const starcoder2: Family = {
  ...common,
  types: ["starcoder2"],
  prefix: "model.",
  sizes: (config) => {
    const sizes = plain(config);
    const heads = config.size("num_attention_heads");
    const head = Math.floor((sizes.hidden ?? 0) / heads);
    const keys = head * config.size("num_key_value_heads", heads);
    return { ...sizes, keys, biased: config.flag("use_bias", true), untied: untied(config, true) };
  },
  body: withBias(`
embed_tokens.weight vocab hidden
layers.{layers}.self_attn.q_proj.weight hidden hidden
layers.{layers}.self_attn.q_proj.bias hidden ?biased
layers.{layers}.self_attn.k_proj.weight keys hidden
layers.{layers}.self_attn.k_proj.bias keys ?biased
layers.{layers}.self_attn.v_proj.weight keys hidden
layers.{layers}.self_attn.v_proj.bias keys ?biased
layers.{layers}.self_attn.o_proj.weight hidden hidden
layers.{layers}.self_attn.o_proj.bias hidden ?biased
layers.{layers}.mlp.c_fc.weight inner hidden
layers.{layers}.mlp.c_fc.bias inner ?biased
layers.{layers}.mlp.c_proj.weight hidden inner
layers.{layers}.mlp.c_proj.bias hidden ?biased
layers.{layers}.input_layernorm.* hidden
layers.{layers}.post_attention_layernorm.* hidden
norm.* hidden`),
  heads: {
    ForCausalLM: { rows: "lm_head.weight vocab hidden ?untied" },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const falcon: Family = {
  ...common,
  types: ["falcon", "RefinedWeb", "RefinedWebModel"],
  prefix: "transformer.",
  sizes: (config) => {
    const hidden = config.size("hidden_size");
    const heads = config.size(["num_attention_heads", "n_head"]);
    const head = Math.floor(hidden / heads);
    const grouped =
      config.flag("new_decoder_architecture", false) || Number(config.text("model_type") === "RefinedWeb");
    const keyHeads = config.size(["num_kv_heads", "n_head_kv"], heads);
    const single = config.flag("multi_query", true);
    const both = grouped !== 0 && config.size("num_ln_in_parallel_attn", 2) === 2;
    return {
      hidden,
      vocab: config.size("vocab_size"),
      layers: config.size(["num_hidden_layers", "n_layer"]),
      inner: config.size("ffn_hidden_size", 4 * hidden),
      fused: grouped ? (heads + 2 * keyHeads) * head : single ? hidden + 2 * head : 3 * hidden,
      biased: config.flag("bias", false),
      both: Number(both),
      sequential: 1 - (config.flag("parallel_attn", true) || grouped),
      untied: untied(config, true),
      ...labels(config),
    };
  },
  body: withBias(`
word_embeddings.weight vocab hidden
h.{layers}.self_attention.query_key_value.weight fused hidden
h.{layers}.self_attention.query_key_value.bias fused ?biased
h.{layers}.self_attention.dense.weight hidden hidden
h.{layers}.self_attention.dense.bias hidden ?biased
h.{layers}.mlp.dense_h_to_4h.weight inner hidden
h.{layers}.mlp.dense_h_to_4h.bias inner ?biased
h.{layers}.mlp.dense_4h_to_h.weight hidden inner
h.{layers}.mlp.dense_4h_to_h.bias hidden ?biased
h.{layers}.ln_attn.* hidden ?both
h.{layers}.ln_mlp.* hidden ?both
h.{layers}.input_layernorm.* hidden !both
h.{layers}.post_attention_layernorm.* hidden ?sequential
ln_f.* hidden`),
  heads: {
    ForCausalLM: { rows: "lm_head.weight vocab hidden ?untied" },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

const bloom: Family = {
  ...common,
  types: ["bloom"],
  prefix: "transformer.",
  sizes: (config) => ({
    hidden: config.size(["hidden_size", "n_embed"]),
    vocab: config.size("vocab_size"),
    layers: config.size(["n_layer", "num_hidden_layers"]),
    untied: untied(config, true),
    ...labels(config),
  }),
  body: withBias(`
word_embeddings.weight vocab hidden
word_embeddings_layernorm.* hidden
h.{layers}.input_layernorm.* hidden
h.{layers}.self_attention.query_key_value.* 3*hidden hidden
h.{layers}.self_attention.dense.* hidden hidden
h.{layers}.post_attention_layernorm.* hidden
h.{layers}.mlp.dense_h_to_4h.* 4*hidden hidden
h.{layers}.mlp.dense_4h_to_h.* hidden 4*hidden
ln_f.* hidden`),
  heads: {
    ForCausalLM: { rows: "lm_head.weight vocab hidden ?untied" },
    ForSequenceClassification: { rows: "score.weight labels hidden" },
  },
};

/** Positions begin after the padding's two. */
const opt: Family = {
  types: ["opt"],
  prefix: "model.",
  std: initStd,
  sizes: (config) => {
    const hidden = config.size("hidden_size");
    const width = config.size("word_embed_proj_dim", hidden);
    return {
      hidden,
      width,
      projected: Number(width !== hidden),
      vocab: config.size("vocab_size"),
      positions: config.size("max_position_embeddings") + 2,
      layers: config.size("num_hidden_layers"),
      inner: config.size("ffn_dim"),
      biased: config.flag("enable_bias", true),
      finalNorm: config.flag("do_layer_norm_before", true) && 1 - config.flag("_remove_final_layer_norm", false),
      untied: untied(config, true),
      ...labels(config),
    };
  },
  body: withBias(`
decoder.embed_tokens.weight vocab width
decoder.embed_positions.weight positions hidden
decoder.project_out.weight width hidden ?projected
decoder.project_in.weight hidden width ?projected
decoder.final_layer_norm.* hidden ?finalNorm
decoder.layers.{layers}.self_attn.k_proj.* hidden hidden ?biased
decoder.layers.{layers}.self_attn.k_proj.weight hidden hidden !biased
decoder.layers.{layers}.self_attn.v_proj.* hidden hidden ?biased
decoder.layers.{layers}.self_attn.v_proj.weight hidden hidden !biased
decoder.layers.{layers}.self_attn.q_proj.* hidden hidden ?biased
decoder.layers.{layers}.self_attn.q_proj.weight hidden hidden !biased
decoder.layers.{layers}.self_attn.out_proj.* hidden hidden ?biased
decoder.layers.{layers}.self_attn.out_proj.weight hidden hidden !biased
decoder.layers.{layers}.self_attn_layer_norm.* hidden
decoder.layers.{layers}.fc1.* inner hidden ?biased
decoder.layers.{layers}.fc1.weight inner hidden !biased
decoder.layers.{layers}.fc2.* hidden inner ?biased
decoder.layers.{layers}.fc2.weight hidden inner !biased
decoder.layers.{layers}.final_layer_norm.* hidden`),
  heads: {
    ForCausalLM: { rows: "lm_head.weight vocab width ?untied" },
    ForSequenceClassification: { rows: "score.weight labels width" },
  },
};

export const decoders: readonly Family[] = [gpt2, gptj, gptNeox, phi, starcoder2, falcon, bloom, opt];
