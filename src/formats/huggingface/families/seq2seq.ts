/** Encoders with decoders: T5, BART. `.*` stands for weight and bias. */

import type { Family } from "../types.ts";
import { initStd, untied, withBias } from "./common.ts";

const T5_ATTENTION = (place: string, name: string): string => `
${place}.${name}.q.weight heads width
${place}.${name}.k.weight heads width
${place}.${name}.v.weight heads width
${place}.${name}.o.weight width heads
${place}.layer_norm.weight width`;

const T5_FORWARD = (place: string): string => `
${place}.DenseReluDense.wi.weight inner width !gated
${place}.DenseReluDense.wi_0.weight inner width ?gated
${place}.DenseReluDense.wi_1.weight inner width ?gated
${place}.DenseReluDense.wo.weight width inner
${place}.layer_norm.weight width`;

const ENCODER = "encoder.block.{layers}.layer";
const DECODER = "decoder.block.{decoderLayers}.layer";

/** The first block of each side holds the table of relative positions for all of its blocks. */
const t5: Family = {
  types: ["t5", "mt5"],
  prefix: "",
  // Each kind of matrix has a deviation of its own, times initializer_factor.
  std: () => null,
  sizes: (config) => {
    const layers = config.size("num_layers");
    const count = config.size("num_heads");
    return {
      width: config.size("d_model"),
      vocab: config.size("vocab_size"),
      layers,
      decoderLayers: config.size("num_decoder_layers", layers),
      count,
      heads: count * config.size("d_kv"),
      inner: config.size("d_ff"),
      buckets: config.size("relative_attention_num_buckets", 32),
      gated: Number((config.text("feed_forward_proj") ?? "relu").startsWith("gated-")),
      untied: untied(config, config.text("model_type") !== "mt5"),
    };
  },
  body: `
shared.weight vocab width
encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight buckets count${T5_ATTENTION(`${ENCODER}.0`, "SelfAttention")}${T5_FORWARD(`${ENCODER}.1`)}
encoder.final_layer_norm.weight width
decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight buckets count${T5_ATTENTION(`${DECODER}.0`, "SelfAttention")}${T5_ATTENTION(`${DECODER}.1`, "EncDecAttention")}${T5_FORWARD(`${DECODER}.2`)}
decoder.final_layer_norm.weight width`,
  heads: { ForConditionalGeneration: { rows: "lm_head.weight vocab width ?untied" } },
};

const BART_ATTENTION = (place: string, name: string): string => `
${place}.${name}.k_proj.* hidden hidden
${place}.${name}.v_proj.* hidden hidden
${place}.${name}.q_proj.* hidden hidden
${place}.${name}.out_proj.* hidden hidden
${place}.${name}_layer_norm.* hidden`;

const BART_FORWARD = (place: string, inner: string): string => `
${place}.fc1.* ${inner} hidden
${place}.fc2.* hidden ${inner}
${place}.final_layer_norm.* hidden`;

const LEFT = "encoder.layers.{encoderLayers}";
const RIGHT = "decoder.layers.{decoderLayers}";

const bart: Family = {
  types: ["bart"],
  prefix: "model.",
  std: initStd,
  sizes: (config) => ({
    hidden: config.size("d_model"),
    vocab: config.size("vocab_size"),
    positions: config.size("max_position_embeddings") + 2,
    encoderLayers: config.size("encoder_layers"),
    decoderLayers: config.size("decoder_layers"),
    encoderInner: config.size("encoder_ffn_dim"),
    decoderInner: config.size("decoder_ffn_dim"),
    labels: config.count("id2label") ?? config.size("num_labels", 3),
  }),
  body: withBias(`
shared.weight vocab hidden
encoder.embed_positions.weight positions hidden${BART_ATTENTION(LEFT, "self_attn")}${BART_FORWARD(LEFT, "encoderInner")}
encoder.layernorm_embedding.* hidden
decoder.embed_positions.weight positions hidden${BART_ATTENTION(RIGHT, "self_attn")}${BART_ATTENTION(RIGHT, "encoder_attn")}${BART_FORWARD(RIGHT, "decoderInner")}
decoder.layernorm_embedding.* hidden`),
  heads: {
    ForConditionalGeneration: { rows: "" },
    ForSequenceClassification: {
      rows: withBias("classification_head.dense.* hidden hidden\nclassification_head.out_proj.* labels hidden"),
    },
  },
};

export const seq2seq: readonly Family[] = [t5, bart];
