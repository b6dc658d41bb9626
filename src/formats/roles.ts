/** What a parameter is for, when only its name and shape are known. Names are those of PyTorch, Keras, Flax and Hugging Face. */

import type { Dtype, Role } from "../model/types.ts";
import { isFloat } from "./dtype.ts";

interface Named {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

const STATISTIC = /(^|[._/])(running_mean|running_var|num_batches_tracked|moving_mean|moving_var(iance)?)(:0)?$/i;
const RECURRENT = /(^|[._/])(weight_hh(_l\d+)?(_reverse)?|recurrent_kernel|recurrent_weight|w_?hh)(:0)?$/i;
const BIAS = /(^|[._/])(bias|b|bias_[ih]h(_l\d+)?(_reverse)?|recurrent_bias|in_proj_bias|\w*_bias)(:0)?$/i;
const SHIFT = /(^|[._/])beta(:0)?$/i;
const SCALE = /(^|[._/])(gamma(_\d)?|scale|layer_scale\w*|ls\d?|weight_g|original0)(:0)?$/i;
const TABLE =
  /(^|[._/])(wte|wpe|\w*embed(ding|dings)?(_tokens|_positions|_table|_in)?|\w*emb|relative_attention_bias|relative_position_bias_table)([._/](weights?|embeddings?|kernel))?(:0)?$/i;
const TOKEN =
  /(^|[._/])((cls|class|dist|mask|register)_tokens?|class_embedding|pos_emb(ed(ding)?)?|position(al)?_embeddings?)(:0)?$/i;
/** Tensors that are kept beside the parameters: masks, rotations, ids, and values in their place. */
const BUFFER =
  /(^|[._/])(attn_mask|\w*mask|masked_bias|inv_freq|\w*freqs?(_cis)?|\w*position_ids|relative_position_index)(:0)?$/i;

/** The name up to its last part: what the weight and the bias of one layer share. */
function layerOf(name: string): string {
  return name.replace(/[^./]*$/, "");
}

function leafOf(name: string): string {
  return /[^./]*$/.exec(name)?.[0] ?? name;
}

/** Axes that hold more than one element. */
function realAxes(shape: readonly number[]): number {
  return shape.filter((size) => size !== 1).length;
}

/** Role of every tensor; a one-dimensional "weight" is a normalization's scale and its sibling bias the shift. */
export function inferRoles(tensors: readonly Named[]): Map<string, Role> {
  const normalized = new Set<string>();
  for (const { name, shape } of tensors) {
    const scale = /^(weight|gamma|scale)/i.test(leafOf(name));
    if (scale && shape.length === 1) normalized.add(layerOf(name));
  }
  const roleOf = ({ name, shape, dtype }: Named): Role => {
    if (STATISTIC.test(name)) return "statistic";
    if (!isFloat(dtype) || BUFFER.test(name)) return "other";
    // GPT-2's causal mask is called attn.bias.
    if (/(^|[._/])attn\.bias$/.test(name) && shape.length > 2) return "other";
    if (RECURRENT.test(name)) return "recurrent";
    if (BIAS.test(name)) return normalized.has(layerOf(name)) ? "shift" : "bias";
    if (SHIFT.test(name)) return "shift";
    if (SCALE.test(name)) return "scale";
    if (TOKEN.test(name)) return "embedding";
    if (TABLE.test(name) && shape.length === 2) return "embedding";
    if (shape.length === 1) return /weight(:0)?$/i.test(name) ? "scale" : "other";
    return shape.length >= 2 && realAxes(shape) >= 1 ? "weight" : "other";
  };
  return new Map(tensors.map((tensor) => [tensor.name, roleOf(tensor)]));
}
