/** Every operator that is understood, by name. */

import type { Lower } from "../context.ts";
import { combine } from "./combine.ts";
import { conv } from "./conv.ts";
import { einsum } from "./einsum.ts";
import { elementwise } from "./elementwise.ts";
import { layout } from "./layout.ts";
import { linear } from "./linear.ts";
import { normalize } from "./normalize.ts";
import { other } from "./other.ts";
import { pool } from "./pool.ts";
import { recurrent } from "./recurrent.ts";
import { reduce } from "./reduce.ts";
import { select } from "./select.ts";
import { space } from "./space.ts";

/** Operators of ONNX Runtime's own domain that mean what their namesakes do. */
const CONTRIBUTED = new Set([
  "Gelu",
  "FastGelu",
  "QuickGelu",
  "FusedMatMul",
  "SimplifiedLayerNormalization",
  "LayerNormalization",
]);

const OPERATORS: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ...elementwise,
  ...combine,
  ...linear,
  ...conv,
  ...pool,
  ...normalize,
  ...reduce,
  ...layout,
  ...select,
  ...recurrent,
  ...einsum,
  ...space,
  ...other,
]);

/** Names of the operators that signals may flow through, for the table of compatibility. */
export function supportedOperators(): string[] {
  return [...OPERATORS.keys()].sort();
}

export function lowerOf(domain: string, op: string): Lower | null {
  if (domain !== "" && !(domain === "com.microsoft" && CONTRIBUTED.has(op))) return null;
  return OPERATORS.get(op) ?? null;
}
