/** What Hugging Face transformers draws, by the number that a model's own configuration declares. */

import { quantity, quotient, root } from "../derivation/term.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { normal } from "./laws.ts";
import { unspoken } from "./named.ts";
import type { Scheme } from "./types.ts";

const DRAWN: ReadonlySet<ParameterUsage["part"]> = new Set(["weight", "input-weight", "table", "position", "token"]);

/** What the library's configurations take where they are silent. */
const DEFAULT_STD = 0.02;

/** Every matrix, kernel and table alike: `_init_weights` does not look at fans. */
export const huggingface: Scheme = {
  name: "huggingface",
  aliases: ["hf", "transformers"],
  source: "huggingface/transformers 4.4x, _init_weights of each model; GPT-2: Radford et al. 2019, section 2.3",
  summary:
    "N(0, initializer_range²) by the model's config.json, GPT-2's residual projections divided by √(2·layers); biases 0, norms 1",
  values: [{ name: "std", default: DEFAULT_STD, meaning: "initializer_range, where no configuration says it" }],
  rule: (usage, context) => {
    const { configured, format } = context.model;
    const [given] = context.values;
    if (given === undefined && configured === undefined && format === "huggingface")
      throw new Error(
        "plan: scheme huggingface knows one deviation for all matrices, got a family that has one for each kind, choose another scheme",
      );
    const std = given ?? configured?.std ?? DEFAULT_STD;
    if (!DRAWN.has(usage.part)) return unspoken(usage, context);
    const factor = configured?.scaled(usage.parameter.name) ?? 1;
    if (factor === 1)
      return {
        initializer: normal(std ** 2),
        why: `Hugging Face transformers: N(0, ${figure(std)}²) whatever the fan, its initializer_range.`,
      };
    const scaled = std * factor;
    const branches = Math.round(factor ** -2);
    return {
      initializer: normal(scaled ** 2),
      why: `Hugging Face transformers: writes into the residual stream, so initializer_range/√(2·layers) = ${figure(std)}/√${branches} = ${figure(scaled)} (Radford 2019).`,
      formula: {
        decides: "std",
        term: quotient(quantity("std", std, "initializer_range"), root(quantity("branches", branches, "2·layers"))),
      },
    };
  },
};
