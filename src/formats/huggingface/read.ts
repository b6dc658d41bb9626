/** A Hugging Face configuration, and its index if there is one → a model of shapes without weights. */

import type { Dtype, Model, Note } from "../../model/types.ts";
import { parseDtype } from "../dtype-names.ts";
import type { ShardIndex } from "../shards/index.ts";
import { shapesOnly } from "../weights.ts";
import { parseConfig } from "./config.ts";
import { configuredShapes } from "./shapes.ts";

export interface ReadConfigOptions {
  readonly name?: string;
  /** The names that count, where the model's index is known. */
  readonly index?: ShardIndex | null;
}

/**
 * Parameters of a model by its configuration alone: no file of weights is opened.
 *
 * @throws FormatError for a family, a class or a tensor that is not known, and for a number that is missing
 * @example readConfig(bytes).parameters.get("model.layers.0.self_attn.q_proj.weight")?.shape // [4096, 4096]
 */
export function readConfig(bytes: Uint8Array, { name = "config", index = null }: ReadConfigOptions = {}): Model {
  const config = parseConfig(bytes);
  const dtype: Dtype = parseDtype(config.text("dtype") ?? config.text("torch_dtype") ?? "float32") ?? "f32";
  const { tensors, family, sizes, remarks } = configuredShapes(config, index, dtype);
  const model = shapesOnly(
    tensors.map(({ name: tensor, shape, shifted }) => ({
      name: tensor,
      shape,
      dtype,
      ...(shifted ? { role: "shift" as const } : {}),
    })),
    { format: "huggingface", name, what: "configuration" },
  );
  const notes = remarks.map((message): Note => ({ code: "assumed", message, tensors: [] }));
  const std = family.std(config);
  const layers = sizes.layers ?? 0;
  return {
    ...model,
    notes: [...model.notes, ...notes],
    ...(std === null
      ? {}
      : {
          configured: {
            std,
            scaled: (parameter) =>
              family.scaled?.test(parameter) === true && layers > 0 ? 1 / Math.sqrt(2 * layers) : 1,
          },
        }),
  };
}
