/**
 * Decoders in the manner of Llama: rotary positions, gated feed-forward layers, RMS norms without shifts.
 * Tables after huggingface/transformers 4.4x, `models/<type>/modeling_<type>.py`.
 */

import { FormatError } from "../../error.ts";
import type { ConfigReader } from "../config.ts";
import type { Family, Head, Sizes } from "../types.ts";
import { initializerRange, labels, untied } from "./common.ts";

function attention(config: ConfigReader): Sizes {
  const hidden = config.size("hidden_size");
  const heads = config.size("num_attention_heads");
  const head = config.size("head_dim", Math.floor(hidden / heads));
  const keys = head * config.size("num_key_value_heads", heads);
  return {
    hidden,
    head,
    keys,
    queries: heads * head,
    vocab: config.size("vocab_size"),
    layers: config.size("num_hidden_layers"),
    inner: config.size("intermediate_size"),
    untied: untied(config, false),
    ...labels(config),
  };
}

const HEADS: Readonly<Record<string, Head>> = {
  ForCausalLM: { rows: "lm_head.weight vocab hidden ?untied" },
  ForSequenceClassification: { rows: "score.weight labels hidden" },
  ForTokenClassification: { rows: "score.weight labels hidden\nscore.bias labels" },
};

const ATTENTION = `
layers.{layers}.self_attn.q_proj.weight queries hidden
layers.{layers}.self_attn.q_proj.bias queries ?qkvBias
layers.{layers}.self_attn.k_proj.weight keys hidden
layers.{layers}.self_attn.k_proj.bias keys ?qkvBias
layers.{layers}.self_attn.v_proj.weight keys hidden
layers.{layers}.self_attn.v_proj.bias keys ?qkvBias
layers.{layers}.self_attn.o_proj.weight hidden queries
layers.{layers}.self_attn.o_proj.bias hidden ?outBias
layers.{layers}.self_attn.q_norm.weight head ?qkNorm
layers.{layers}.self_attn.k_norm.weight head ?qkNorm`;

const GATED = `
layers.{layers}.mlp.gate_proj.weight inner hidden
layers.{layers}.mlp.gate_proj.bias inner ?mlpBias
layers.{layers}.mlp.up_proj.weight inner hidden
layers.{layers}.mlp.up_proj.bias inner ?mlpBias
layers.{layers}.mlp.down_proj.weight hidden inner
layers.{layers}.mlp.down_proj.bias hidden ?mlpBias`;

const NORMS = `
layers.{layers}.input_layernorm.weight hidden
layers.{layers}.post_attention_layernorm.weight hidden`;

const body = (...parts: readonly string[]): string =>
  `embed_tokens.weight vocab hidden${parts.join("")}\nnorm.weight hidden`;

const common = { prefix: "model.", heads: HEADS, std: initializerRange } as const;

const llama: Family = {
  ...common,
  types: ["llama", "granite"],
  body: body(ATTENTION, GATED, NORMS),
  sizes: (config) => {
    const bias = config.flag("attention_bias", false);
    return { ...attention(config), qkvBias: bias, outBias: bias, mlpBias: config.flag("mlp_bias", false), qkNorm: 0 };
  },
};

const mistral: Family = {
  ...llama,
  types: ["mistral"],
  sizes: (config) => ({ ...attention(config), qkvBias: 0, outBias: 0, mlpBias: 0, qkNorm: 0 }),
};

const qwen2: Family = {
  ...llama,
  types: ["qwen2"],
  sizes: (config) => ({ ...attention(config), qkvBias: 1, outBias: 0, mlpBias: 0, qkNorm: 0 }),
};

const qwen3: Family = {
  ...llama,
  types: ["qwen3"],
  sizes: (config) => {
    const bias = config.flag("attention_bias", false);
    return { ...attention(config), qkvBias: bias, outBias: bias, mlpBias: 0, qkNorm: 1 };
  },
};

/** Norms are stored as the difference from 1, and the embedding is the readout too. */
const gemmaSizes: Family["sizes"] = (config) => {
  const bias = config.flag("attention_bias", false);
  return {
    ...attention(config),
    untied: untied(config, true),
    qkvBias: bias,
    outBias: bias,
    mlpBias: 0,
    qkNorm: 0,
  };
};

const shiftedNorms = (...names: readonly string[]): string =>
  names.map((name) => `\nlayers.{layers}.${name}.weight hidden =shift`).join("");

const gemma: Family = {
  ...common,
  types: ["gemma"],
  sizes: gemmaSizes,
  body: `embed_tokens.weight vocab hidden${ATTENTION}${GATED}${shiftedNorms("input_layernorm", "post_attention_layernorm")}
norm.weight hidden =shift`,
};

const gemma2: Family = {
  ...gemma,
  types: ["gemma2"],
  body: `embed_tokens.weight vocab hidden${ATTENTION}${GATED}${shiftedNorms("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")}
norm.weight hidden =shift`,
};

/** Query, key and value in one matrix, gate and up in another. */
const phi3: Family = {
  ...common,
  types: ["phi3"],
  sizes: (config) => {
    const sizes = attention(config);
    return { ...sizes, fused: (sizes.queries ?? 0) + 2 * (sizes.keys ?? 0) };
  },
  body: body(
    `
layers.{layers}.self_attn.o_proj.weight hidden queries
layers.{layers}.self_attn.qkv_proj.weight fused hidden
layers.{layers}.mlp.gate_up_proj.weight 2*inner hidden
layers.{layers}.mlp.down_proj.weight hidden inner`,
    NORMS,
  ),
};

const mixtral: Family = {
  ...common,
  types: ["mixtral"],
  sizes: (config) => ({
    ...attention(config),
    qkvBias: 0,
    outBias: 0,
    qkNorm: 0,
    experts: config.size("num_local_experts"),
  }),
  body: body(
    ATTENTION,
    `
layers.{layers}.block_sparse_moe.gate.weight experts hidden
layers.{layers}.block_sparse_moe.experts.{experts}.w1.weight inner hidden
layers.{layers}.block_sparse_moe.experts.{experts}.w2.weight hidden inner
layers.{layers}.block_sparse_moe.experts.{experts}.w3.weight inner hidden`,
    NORMS,
  ),
};

const EXPERTS = `
layers.{layers}.mlp.gate.weight experts hidden
layers.{layers}.mlp.experts.{experts}.gate_proj.weight expertInner hidden
layers.{layers}.mlp.experts.{experts}.up_proj.weight expertInner hidden
layers.{layers}.mlp.experts.{experts}.down_proj.weight hidden expertInner`;

/** Only models whose layers all have experts; others are told apart layer by layer. */
const qwen2Moe: Family = {
  ...common,
  types: ["qwen2_moe", "qwen3_moe"],
  sizes: (config) => {
    if (config.size("decoder_sparse_step", 1) !== 1 || config.list("mlp_only_layers").length > 0)
      throw new FormatError(
        "config: layers with and without experts in one model are not known here, give a list of shapes or a header",
      );
    const third = config.text("model_type") === "qwen3_moe";
    const bias = third ? config.flag("attention_bias", false) : 1;
    return {
      ...attention(config),
      qkvBias: bias,
      outBias: third ? bias : 0,
      qkNorm: Number(third),
      shared: Number(!third),
      experts: config.size("num_experts"),
      expertInner: config.size("moe_intermediate_size"),
      sharedInner: third ? 0 : config.size("shared_expert_intermediate_size"),
    };
  },
  body: body(
    ATTENTION,
    EXPERTS,
    `
layers.{layers}.mlp.shared_expert.gate_proj.weight sharedInner hidden ?shared
layers.{layers}.mlp.shared_expert.up_proj.weight sharedInner hidden ?shared
layers.{layers}.mlp.shared_expert.down_proj.weight hidden sharedInner ?shared
layers.{layers}.mlp.shared_expert_gate.weight 1 hidden ?shared`,
    NORMS,
  ),
};

export const llamaLike: readonly Family[] = [llama, mistral, qwen2, qwen3, gemma, gemma2, phi3, mixtral, qwen2Moe];
