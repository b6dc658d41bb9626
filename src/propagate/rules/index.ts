/** One rule a node kind. */

import type { Node } from "../../model/types.ts";
import type { Rule } from "../context.ts";
import { activationRule } from "./activation.ts";
import { combineRule } from "./combine.ts";
import { convRule } from "./conv.ts";
import type { CustomRules } from "./custom.ts";
import { embeddingRule, linearRule } from "./linear.ts";
import { matmulRule } from "./matmul.ts";
import { normalizeRule } from "./normalize.ts";
import { dropoutRule, identityRule, opaqueRule } from "./pass.ts";
import { poolRule } from "./pool.ts";
import { recurrentRule } from "./recurrent.ts";
import { reduceRule } from "./reduce.ts";
import { padRule, resizeRule } from "./resample.ts";
import { concatRule, gatherRule, sliceRule, splitRule } from "./select.ts";
import { expandRule, reshapeRule, transposeRule } from "./shape.ts";
import { maskRule, softmaxRule } from "./softmax.ts";

type Rules = { readonly [K in Node["kind"]]: Rule<Extract<Node, { kind: K }>> };

const RULES: Rules = {
  linear: linearRule,
  conv: convRule,
  embedding: embeddingRule,
  recurrent: recurrentRule,
  activation: activationRule,
  combine: combineRule,
  matmul: matmulRule,
  softmax: softmaxRule,
  normalize: normalizeRule,
  pool: poolRule,
  reduce: reduceRule,
  reshape: reshapeRule,
  transpose: transposeRule,
  expand: expandRule,
  concat: concatRule,
  split: splitRule,
  slice: sliceRule,
  gather: gatherRule,
  pad: padRule,
  resize: resizeRule,
  mask: maskRule,
  dropout: dropoutRule,
  identity: identityRule,
  opaque: opaqueRule,
};

type Visit = <K extends Node["kind"]>(node: Extract<Node, { kind: K }>, rule: Rule<Extract<Node, { kind: K }>>) => void;

/** Pairs a node with its rule; one case a kind, so that a new kind does not compile until it has one. */
export function dispatch(node: Node, visit: Visit, custom: CustomRules = {}): void {
  switch (node.kind) {
    case "linear":
      visit(node, RULES.linear);
      break;
    case "conv":
      visit(node, RULES.conv);
      break;
    case "embedding":
      visit(node, RULES.embedding);
      break;
    case "recurrent":
      visit(node, RULES.recurrent);
      break;
    case "activation":
      visit(node, RULES.activation);
      break;
    case "combine":
      visit(node, RULES.combine);
      break;
    case "matmul":
      visit(node, RULES.matmul);
      break;
    case "softmax":
      visit(node, RULES.softmax);
      break;
    case "normalize":
      visit(node, RULES.normalize);
      break;
    case "pool":
      visit(node, RULES.pool);
      break;
    case "reduce":
      visit(node, RULES.reduce);
      break;
    case "reshape":
      visit(node, RULES.reshape);
      break;
    case "transpose":
      visit(node, RULES.transpose);
      break;
    case "expand":
      visit(node, RULES.expand);
      break;
    case "concat":
      visit(node, RULES.concat);
      break;
    case "split":
      visit(node, RULES.split);
      break;
    case "slice":
      visit(node, RULES.slice);
      break;
    case "gather":
      visit(node, RULES.gather);
      break;
    case "pad":
      visit(node, RULES.pad);
      break;
    case "resize":
      visit(node, RULES.resize);
      break;
    case "mask":
      visit(node, RULES.mask);
      break;
    case "dropout":
      visit(node, RULES.dropout);
      break;
    case "identity":
      visit(node, RULES.identity);
      break;
    case "opaque":
      visit(node, (Object.hasOwn(custom, node.op) ? custom[node.op] : undefined) ?? RULES.opaque);
      break;
  }
}
