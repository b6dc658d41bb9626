/** Layer-sequential unit variance: what plans can say before anything has been measured. The measuring is in `run`. */

import { orthogonalPerGate } from "./common.ts";
import { given } from "./formulas.ts";
import { unspoken } from "./named.ts";
import type { Scheme } from "./types.ts";

export const lsuv: Scheme = {
  name: "lsuv",
  aliases: ["layer-sequential-unit-variance"],
  source: "Mishkin & Matas 2016, algorithm 1",
  summary:
    "orthonormal start, then each layer measured on data (or random inputs) and scaled to output variance 1, in order",
  values: [],
  rule: (usage, context) => {
    if (usage.part !== "weight" && usage.part !== "input-weight") return unspoken(usage, context);
    return {
      initializer: orthogonalPerGate(usage),
      why: "LSUV (Mishkin & Matas 2016): orthonormal start, gain 1; not measured.",
      formula: given("gain", "gain", 1, "orthonormal start, not scaled"),
    };
  },
};
