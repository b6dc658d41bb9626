/** Images and sound: ViT, DeiT, DINOv2, CLIP, Whisper. `.*` stands for weight and bias. */

import type { ConfigReader } from "../config.ts";
import type { Family, Sizes } from "../types.ts";
import { initializerRange, initStd, labels, withBias } from "./common.ts";

/** Square images and patches; `extra` tokens stand before the patches. */
function patches(config: ConfigReader, extra: number): Sizes {
  const patch = config.size("patch_size", 16);
  const side = Math.floor(config.size("image_size", 224) / patch);
  return {
    patch,
    positions: side * side + extra,
    channels: config.size("num_channels", 3),
    hidden: config.size("hidden_size"),
    layers: config.size("num_hidden_layers"),
    ...labels(config),
  };
}

const VIT_LAYER = `
encoder.layer.{layers}.attention.attention.query.weight hidden hidden
encoder.layer.{layers}.attention.attention.query.bias hidden ?qkvBias
encoder.layer.{layers}.attention.attention.key.weight hidden hidden
encoder.layer.{layers}.attention.attention.key.bias hidden ?qkvBias
encoder.layer.{layers}.attention.attention.value.weight hidden hidden
encoder.layer.{layers}.attention.attention.value.bias hidden ?qkvBias
encoder.layer.{layers}.attention.output.dense.* hidden hidden
encoder.layer.{layers}.intermediate.dense.* inner hidden
encoder.layer.{layers}.output.dense.* hidden inner
encoder.layer.{layers}.layernorm_before.* hidden
encoder.layer.{layers}.layernorm_after.* hidden
layernorm.* hidden
pooler.dense.* hidden hidden ?pooled`;

const PATCHES = "embeddings.patch_embeddings.projection.* hidden channels patch patch";

const vit: Family = {
  types: ["vit"],
  prefix: "vit.",
  std: initializerRange,
  sizes: (config) => ({
    ...patches(config, 1),
    inner: config.size("intermediate_size"),
    qkvBias: config.flag("qkv_bias", true),
    pooled: 1,
  }),
  body: withBias(`
embeddings.cls_token 1 1 hidden
embeddings.position_embeddings 1 positions hidden
${PATCHES}${VIT_LAYER}`),
  heads: { ForImageClassification: { rows: withBias("classifier.* labels hidden"), sets: { pooled: 0 } } },
};

const deit: Family = {
  ...vit,
  types: ["deit"],
  prefix: "deit.",
  sizes: (config) => ({ ...vit.sizes(config), ...patches(config, 2) }),
  body: withBias(`
embeddings.cls_token 1 1 hidden
embeddings.distillation_token 1 1 hidden
embeddings.position_embeddings 1 positions hidden
${PATCHES}${VIT_LAYER}`),
  heads: {
    ...vit.heads,
    ForImageClassificationWithTeacher: {
      rows: withBias("cls_classifier.* labels hidden\ndistillation_classifier.* labels hidden"),
      sets: { pooled: 0 },
    },
  },
};

const dinov2: Family = {
  types: ["dinov2"],
  prefix: "dinov2.",
  std: initializerRange,
  sizes: (config) => {
    const sizes = patches(config, 1);
    const inner = Math.floor((sizes.hidden ?? 0) * (config.number("mlp_ratio") ?? 4));
    return {
      ...sizes,
      inner,
      // Rounded to a multiple of 8, as the library's SwiGLU feed-forward layer does.
      gated: 8 * Math.floor((Math.floor((inner * 2) / 3) + 7) / 8),
      swiglu: config.flag("use_swiglu_ffn", false),
      qkvBias: config.flag("qkv_bias", true),
    };
  },
  body: withBias(`
embeddings.cls_token 1 1 hidden
embeddings.mask_token 1 hidden
embeddings.position_embeddings 1 positions hidden
${PATCHES}
encoder.layer.{layers}.norm1.* hidden
encoder.layer.{layers}.attention.attention.query.weight hidden hidden
encoder.layer.{layers}.attention.attention.query.bias hidden ?qkvBias
encoder.layer.{layers}.attention.attention.key.weight hidden hidden
encoder.layer.{layers}.attention.attention.key.bias hidden ?qkvBias
encoder.layer.{layers}.attention.attention.value.weight hidden hidden
encoder.layer.{layers}.attention.attention.value.bias hidden ?qkvBias
encoder.layer.{layers}.attention.output.dense.* hidden hidden
encoder.layer.{layers}.layer_scale1.lambda1 hidden
encoder.layer.{layers}.norm2.* hidden
encoder.layer.{layers}.mlp.fc1.* inner hidden !swiglu
encoder.layer.{layers}.mlp.fc2.* hidden inner !swiglu
encoder.layer.{layers}.mlp.weights_in.* 2*gated hidden ?swiglu
encoder.layer.{layers}.mlp.weights_out.* hidden gated ?swiglu
encoder.layer.{layers}.layer_scale2.lambda1 hidden
layernorm.* hidden`),
  heads: { ForImageClassification: { rows: withBias("classifier.* labels 2*hidden") } },
};

const CLIP_LAYER = (tower: string, n: string, width: string, inner: string): string => `
${tower}.encoder.layers.{${n}}.self_attn.k_proj.* ${width} ${width}
${tower}.encoder.layers.{${n}}.self_attn.v_proj.* ${width} ${width}
${tower}.encoder.layers.{${n}}.self_attn.q_proj.* ${width} ${width}
${tower}.encoder.layers.{${n}}.self_attn.out_proj.* ${width} ${width}
${tower}.encoder.layers.{${n}}.layer_norm1.* ${width}
${tower}.encoder.layers.{${n}}.mlp.fc1.* ${inner} ${width}
${tower}.encoder.layers.{${n}}.mlp.fc2.* ${width} ${inner}
${tower}.encoder.layers.{${n}}.layer_norm2.* ${width}`;

/** What the inner configurations leave out has the values of the first model, ViT-B/32. */
const clip: Family = {
  types: ["clip"],
  prefix: "",
  // Deviations from widths and depths, times initializer_factor.
  std: () => null,
  sizes: (config) => {
    const text = config.within("text_config");
    const vision = config.within("vision_config");
    const side = Math.floor(vision.size("image_size", 224) / vision.size("patch_size", 32));
    return {
      joint: config.size("projection_dim", 512),
      text: text.size("hidden_size", 512),
      textInner: text.size("intermediate_size", 2048),
      textLayers: text.size("num_hidden_layers", 12),
      textPositions: text.size("max_position_embeddings", 77),
      vocab: text.size("vocab_size", 49_408),
      vision: vision.size("hidden_size", 768),
      visionInner: vision.size("intermediate_size", 3072),
      visionLayers: vision.size("num_hidden_layers", 12),
      patch: vision.size("patch_size", 32),
      channels: vision.size("num_channels", 3),
      visionPositions: side * side + 1,
    };
  },
  body: withBias(`
logit_scale
text_model.embeddings.token_embedding.weight vocab text
text_model.embeddings.position_embedding.weight textPositions text${CLIP_LAYER("text_model", "textLayers", "text", "textInner")}
text_model.final_layer_norm.* text
vision_model.embeddings.class_embedding vision
vision_model.embeddings.patch_embedding.weight vision channels patch patch
vision_model.embeddings.position_embedding.weight visionPositions vision
vision_model.pre_layrnorm.* vision${CLIP_LAYER("vision_model", "visionLayers", "vision", "visionInner")}
vision_model.post_layernorm.* vision
visual_projection.weight joint vision
text_projection.weight joint text`),
  heads: { Model: { rows: "" } },
};

const WHISPER_ATTENTION = (place: string, name: string): string => `
${place}.${name}.k_proj.weight hidden hidden
${place}.${name}.v_proj.* hidden hidden
${place}.${name}.q_proj.* hidden hidden
${place}.${name}.out_proj.* hidden hidden
${place}.${name}_layer_norm.* hidden`;

const WHISPER_FORWARD = (place: string, inner: string): string => `
${place}.fc1.* ${inner} hidden
${place}.fc2.* hidden ${inner}
${place}.final_layer_norm.* hidden`;

const ENCODER = "encoder.layers.{encoderLayers}";
const DECODER = "decoder.layers.{decoderLayers}";

const whisper: Family = {
  types: ["whisper"],
  prefix: "model.",
  std: initStd,
  sizes: (config) => ({
    hidden: config.size("d_model"),
    vocab: config.size("vocab_size"),
    mels: config.size("num_mel_bins", 80),
    sources: config.size("max_source_positions", 1500),
    targets: config.size("max_target_positions", 448),
    encoderLayers: config.size("encoder_layers"),
    decoderLayers: config.size("decoder_layers"),
    encoderInner: config.size("encoder_ffn_dim"),
    decoderInner: config.size("decoder_ffn_dim"),
    untied: 1 - config.flag("tie_word_embeddings", true),
  }),
  body: withBias(`
encoder.conv1.* hidden mels 3
encoder.conv2.* hidden hidden 3
encoder.embed_positions.weight sources hidden${WHISPER_ATTENTION(ENCODER, "self_attn")}${WHISPER_FORWARD(ENCODER, "encoderInner")}
encoder.layer_norm.* hidden
decoder.embed_tokens.weight vocab hidden
decoder.embed_positions.weight targets hidden${WHISPER_ATTENTION(DECODER, "self_attn")}${WHISPER_ATTENTION(DECODER, "encoder_attn")}${WHISPER_FORWARD(DECODER, "decoderInner")}
decoder.layer_norm.* hidden`),
  heads: { ForConditionalGeneration: { rows: "proj_out.weight vocab hidden ?untied" } },
};

export const vision: readonly Family[] = [vit, deit, dinov2, clip, whisper];
