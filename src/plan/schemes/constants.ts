/** Schemes that draw nothing: every weight the same number, or the file's own. */

import { figure } from "../words.ts";
import { fileValues } from "./file-values.ts";
import { constant as constantOf, zeros as zero } from "./laws.ts";
import { matrixRule, unspoken } from "./named.ts";
import type { Choice, Scheme } from "./types.ts";

const allTheSame = (value: number): Choice => ({
  initializer: constantOf(value),
  why:
    value === 0
      ? "All zeros: what goes in does not come out, and no gradient reaches the layers before it."
      : `All ${figure(value)}: the units of the layer are equal and get equal gradients, so they stay equal for ever.`,
});

function sameValue(name: string, value: number, summary: string): Scheme {
  return {
    name,
    aliases: [],
    source: "the textbook counter-example (Rumelhart, Hinton & Williams 1986, on breaking symmetry)",
    summary,
    values: [],
    rule: (usage, context) => {
      if (usage.part === "table" || usage.part === "recurrent-weight") return allTheSame(value);
      return matrixRule(() => allTheSame(value))(usage, context);
    },
  };
}

export const zeros = sameValue("zeros", 0, "every weight 0 (norm scales stay 1): shows why that does not learn");
export const ones = sameValue(
  "ones",
  1,
  "every weight 1 (norm scales stay 1): shows units that stay copies of each other",
);

export const constant: Scheme = {
  name: "constant",
  aliases: [],
  source: "torch.nn.init.constant_, keras.initializers.Constant",
  summary: "every weight the same given number",
  values: [{ name: "value", default: null, meaning: "the value of every weight" }],
  rule: (usage, context) => {
    const value = context.values[0] ?? 0;
    if (usage.part === "table" || usage.part === "recurrent-weight") return allTheSame(value);
    return matrixRule(() => allTheSame(value))(usage, context);
  },
};

export const file: Scheme = {
  name: "file",
  aliases: ["as-is", "none"],
  source: "the model file",
  summary: "the weights as they are in the file, predicted from their measured mean and standard deviation",
  values: [],
  rule: (usage, context) => {
    const { name, stored } = usage.parameter;
    const held = fileValues(context.model, name);
    if (!held) {
      if (stored.kind !== "filled")
        throw new Error(
          `plan: scheme "file" needs the file's values, got none for ${name}; choose another scheme, such as auto`,
        );
      return { initializer: zero, why: "The file says 0 for every element of this tensor." };
    }
    if (usage.part === "unknown" && held.constant) return unspoken(usage, context);
    return {
      initializer: { kind: "file", mean: held.mean, std: held.std },
      why: `As in the file: mean ${figure(held.mean)}, standard deviation ${figure(held.std)}.`,
    };
  },
};
