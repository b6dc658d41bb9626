/** Which Keras layers are understood, and how. */

import { objectAt, textAt } from "../config.ts";
import { ACTIVATION } from "./activation.ts";
import { type Lower, NotUnderstood } from "./call.ts";
import { CONV } from "./conv.ts";
import { DENSE } from "./dense.ts";
import { MERGE } from "./merge.ts";
import { NORMALIZE } from "./normalize.ts";
import { POOL } from "./pool.ts";
import { RECURRENT } from "./recurrent.ts";
import { SHAPE } from "./shape.ts";

export { type Call, NotUnderstood } from "./call.ts";

/** A dense layer at every time step is a dense layer; its parameters bear the wrapper's name. */
const timeDistributed: Lower = (call) => {
  const inner = objectAt(call.config, "layer", call.where);
  const kind = textAt(inner, "class_name", call.where);
  const lower = kind === "Dense" || Object.hasOwn(ACTIVATION, kind) ? lowering(kind) : null;
  if (lower === null) throw new NotUnderstood(`it repeats a ${kind}`);
  return lower({ ...call, kind, config: objectAt(inner, "config", call.where) });
};

const LAYERS: Readonly<Record<string, Lower>> = {
  ...DENSE,
  ...CONV,
  ...POOL,
  ...NORMALIZE,
  ...ACTIVATION,
  ...SHAPE,
  ...MERGE,
  ...RECURRENT,
  TimeDistributed: timeDistributed,
};

/** Null where the layer is not understood. */
export function lowering(kind: string): Lower | null {
  return Object.hasOwn(LAYERS, kind) ? (LAYERS[kind] ?? null) : null;
}

export const understoodLayers = (): string[] => Object.keys(LAYERS).sort();
