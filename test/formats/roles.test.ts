/** Roles from names and shapes, in the naming of the libraries whose files people have. */

import { expect, test } from "vitest";
import { inferRoles } from "../../src/formats/roles.ts";
import type { Dtype, Role } from "../../src/model/types.ts";

type Row = readonly [name: string, shape: readonly number[], role: Role, dtype?: Dtype];

const FAMILIES: Readonly<Record<string, readonly Row[]>> = {
  "Hugging Face Llama": [
    ["model.embed_tokens.weight", [320, 64], "embedding"],
    ["model.layers.0.self_attn.q_proj.weight", [64, 64], "weight"],
    ["model.layers.0.self_attn.rotary_emb.inv_freq", [8], "other"],
    ["model.layers.0.mlp.down_proj.weight", [64, 172], "weight"],
    ["model.layers.0.input_layernorm.weight", [64], "scale"],
    ["model.norm.weight", [64], "scale"],
    ["lm_head.weight", [320, 64], "weight"],
  ],
  "Meta Llama": [
    ["tok_embeddings.weight", [320, 64], "embedding"],
    ["layers.0.attention.wq.weight", [64, 64], "weight"],
    ["layers.0.ffn_norm.weight", [64], "scale"],
    ["rope.freqs", [8], "other"],
  ],
  "Hugging Face GPT-2": [
    ["transformer.wte.weight", [320, 64], "embedding"],
    ["transformer.wpe.weight", [32, 64], "embedding"],
    ["transformer.h.0.attn.bias", [1, 1, 32, 32], "other"],
    ["transformer.h.0.attn.masked_bias", [], "other"],
    ["transformer.h.0.attn.c_attn.weight", [64, 192], "weight"],
    ["transformer.h.0.attn.c_attn.bias", [192], "bias"],
    ["transformer.h.0.ln_1.weight", [64], "scale"],
    ["transformer.h.0.ln_1.bias", [64], "shift"],
  ],
  "Hugging Face BERT": [
    ["bert.embeddings.word_embeddings.weight", [320, 64], "embedding"],
    ["bert.embeddings.token_type_embeddings.weight", [2, 64], "embedding"],
    ["bert.embeddings.position_ids", [1, 32], "other", "i64"],
    ["bert.embeddings.LayerNorm.gamma", [64], "scale"],
    ["bert.embeddings.LayerNorm.beta", [64], "shift"],
    ["bert.encoder.layer.0.attention.self.query.weight", [64, 64], "weight"],
    ["bert.encoder.layer.0.attention.self.query.bias", [64], "bias"],
    ["bert.encoder.layer.0.output.LayerNorm.weight", [64], "scale"],
    ["bert.encoder.layer.0.output.LayerNorm.bias", [64], "shift"],
  ],
  timm: [
    ["cls_token", [1, 1, 64], "embedding"],
    ["pos_embed", [1, 65, 64], "embedding"],
    ["patch_embed.proj.weight", [64, 3, 4, 4], "weight"],
    ["patch_embed.proj.bias", [64], "bias"],
    ["blocks.0.attn.qkv.weight", [192, 64], "weight"],
    ["blocks.0.attn.relative_position_bias_table", [169, 4], "embedding"],
    ["blocks.0.attn.relative_position_index", [49, 49], "other", "i64"],
    ["blocks.0.attn.q_bias", [64], "bias"],
    ["blocks.0.attn_mask", [4, 49, 49], "other"],
    ["blocks.0.ls1.gamma", [64], "scale"],
    ["blocks.0.gamma_1", [64], "scale"],
    ["blocks.0.norm1.weight", [64], "scale"],
    ["blocks.0.norm1.bias", [64], "shift"],
    ["head.weight", [10, 64], "weight"],
  ],
  torchvision: [
    ["conv1.weight", [64, 3, 7, 7], "weight"],
    ["bn1.weight", [64], "scale"],
    ["bn1.bias", [64], "shift"],
    ["bn1.running_var", [64], "statistic"],
    ["bn1.num_batches_tracked", [], "statistic", "i64"],
    ["encoder.layers.encoder_layer_0.self_attention.in_proj_weight", [192, 64], "weight"],
    ["encoder.layers.encoder_layer_0.self_attention.in_proj_bias", [192], "bias"],
    ["encoder.pos_embedding", [1, 17, 64], "embedding"],
    ["class_token", [1, 1, 64], "embedding"],
  ],
  "torch.nn recurrent": [
    ["rnn.weight_ih_l0", [256, 64], "weight"],
    ["rnn.weight_hh_l0_reverse", [256, 64], "recurrent"],
    ["rnn.bias_hh_l0", [256], "bias"],
  ],
  Keras: [
    ["dense/kernel:0", [64, 10], "weight"],
    ["dense/bias:0", [10], "bias"],
    ["lstm/recurrent_kernel:0", [64, 256], "recurrent"],
    ["embedding/embeddings:0", [320, 64], "embedding"],
    ["batch_normalization/moving_variance:0", [64], "statistic"],
  ],
};

test.each(Object.entries(FAMILIES))("%s", (_, rows) => {
  const roles = inferRoles(rows.map(([name, shape, , dtype = "f32"]) => ({ name, shape, dtype })));
  expect(Object.fromEntries(roles)).toEqual(Object.fromEntries(rows.map(([name, , role]) => [name, role])));
});
