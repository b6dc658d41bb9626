/** Encoders: BERT and its kin. `.*` stands for weight and bias. */

import type { Family, Head } from "../types.ts";
import { initializerRange, labels, withBias } from "./common.ts";

const LAYER = `
encoder.layer.{layers}.attention.self.query.* hidden hidden
encoder.layer.{layers}.attention.self.key.* hidden hidden
encoder.layer.{layers}.attention.self.value.* hidden hidden
encoder.layer.{layers}.attention.output.dense.* hidden hidden
encoder.layer.{layers}.attention.output.LayerNorm.* hidden
encoder.layer.{layers}.intermediate.dense.* inner hidden
encoder.layer.{layers}.output.dense.* hidden inner
encoder.layer.{layers}.output.LayerNorm.* hidden`;

const BODY = withBias(`
embeddings.word_embeddings.weight vocab hidden
embeddings.position_embeddings.weight positions hidden
embeddings.token_type_embeddings.weight types hidden
embeddings.LayerNorm.* hidden${LAYER}
pooler.dense.* hidden hidden ?pooled`);

const sizes: Family["sizes"] = (config) => ({
  hidden: config.size("hidden_size"),
  vocab: config.size("vocab_size"),
  positions: config.size("max_position_embeddings"),
  types: config.size("type_vocab_size"),
  layers: config.size("num_hidden_layers"),
  inner: config.size("intermediate_size"),
  pooled: 1,
  ...labels(config),
});

const unpooled = { pooled: 0 } as const;

const PREDICTIONS = withBias(`
cls.predictions.bias vocab
cls.predictions.transform.dense.* hidden hidden
cls.predictions.transform.LayerNorm.* hidden`);

/** The readout is the word table. */
const BERT_HEADS: Readonly<Record<string, Head>> = {
  ForMaskedLM: { rows: PREDICTIONS, sets: unpooled },
  ForPreTraining: { rows: `${PREDICTIONS}\n${withBias("cls.seq_relationship.* 2 hidden")}` },
  ForSequenceClassification: { rows: withBias("classifier.* labels hidden") },
  ForTokenClassification: { rows: withBias("classifier.* labels hidden"), sets: unpooled },
  ForQuestionAnswering: { rows: withBias("qa_outputs.* labels hidden"), sets: unpooled },
};

const bert: Family = {
  types: ["bert"],
  prefix: "bert.",
  sizes,
  body: BODY,
  heads: BERT_HEADS,
  std: initializerRange,
};

const roberta: Family = {
  ...bert,
  types: ["roberta", "xlm-roberta", "camembert"],
  prefix: "roberta.",
  heads: {
    ForMaskedLM: {
      rows: withBias("lm_head.bias vocab\nlm_head.dense.* hidden hidden\nlm_head.layer_norm.* hidden"),
      sets: unpooled,
    },
    ForSequenceClassification: {
      rows: withBias("classifier.dense.* hidden hidden\nclassifier.out_proj.* labels hidden"),
      sets: unpooled,
    },
    ForTokenClassification: { rows: withBias("classifier.* labels hidden"), sets: unpooled },
    ForQuestionAnswering: { rows: withBias("qa_outputs.* labels hidden"), sets: unpooled },
  },
};

const distilbert: Family = {
  types: ["distilbert"],
  prefix: "distilbert.",
  std: initializerRange,
  sizes: (config) => ({
    hidden: config.size(["dim", "hidden_size"]),
    vocab: config.size("vocab_size"),
    positions: config.size("max_position_embeddings"),
    layers: config.size(["n_layers", "num_hidden_layers"]),
    inner: config.size("hidden_dim"),
    ...labels(config),
  }),
  body: withBias(`
embeddings.word_embeddings.weight vocab hidden
embeddings.position_embeddings.weight positions hidden
embeddings.LayerNorm.* hidden
transformer.layer.{layers}.attention.q_lin.* hidden hidden
transformer.layer.{layers}.attention.k_lin.* hidden hidden
transformer.layer.{layers}.attention.v_lin.* hidden hidden
transformer.layer.{layers}.attention.out_lin.* hidden hidden
transformer.layer.{layers}.sa_layer_norm.* hidden
transformer.layer.{layers}.ffn.lin1.* inner hidden
transformer.layer.{layers}.ffn.lin2.* hidden inner
transformer.layer.{layers}.output_layer_norm.* hidden`),
  heads: {
    ForMaskedLM: {
      rows: withBias("vocab_transform.* hidden hidden\nvocab_layer_norm.* hidden\nvocab_projector.bias vocab"),
    },
    ForSequenceClassification: {
      rows: withBias("pre_classifier.* hidden hidden\nclassifier.* labels hidden"),
    },
    ForTokenClassification: { rows: withBias("classifier.* labels hidden") },
    ForQuestionAnswering: { rows: withBias("qa_outputs.* labels hidden") },
  },
};

/** All layers of a group share one set of weights. */
const albert: Family = {
  types: ["albert"],
  prefix: "albert.",
  std: initializerRange,
  sizes: (config) => ({
    ...sizes(config),
    width: config.size("embedding_size"),
    groups: config.size("num_hidden_groups", 1),
    within: config.size("inner_group_num", 1),
  }),
  body: withBias(`
embeddings.word_embeddings.weight vocab width
embeddings.position_embeddings.weight positions width
embeddings.token_type_embeddings.weight types width
embeddings.LayerNorm.* width
encoder.embedding_hidden_mapping_in.* hidden width
encoder.albert_layer_groups.{groups}.albert_layers.{within}.full_layer_layer_norm.* hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.attention.query.* hidden hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.attention.key.* hidden hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.attention.value.* hidden hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.attention.dense.* hidden hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.attention.LayerNorm.* hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.ffn.* inner hidden
encoder.albert_layer_groups.{groups}.albert_layers.{within}.ffn_output.* hidden inner
pooler.* hidden hidden ?pooled`),
  heads: {
    ForMaskedLM: {
      rows: withBias("predictions.bias vocab\npredictions.LayerNorm.* width\npredictions.dense.* width hidden"),
      sets: unpooled,
    },
    ForSequenceClassification: { rows: withBias("classifier.* labels hidden") },
    ForTokenClassification: { rows: withBias("classifier.* labels hidden"), sets: unpooled },
    ForQuestionAnswering: { rows: withBias("qa_outputs.* labels hidden"), sets: unpooled },
  },
};

export const encoders: readonly Family[] = [bert, roberta, distilbert, albert];
