import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { isMultiplied, mayBeNoWeight, soundMatrices } from "./weights.ts";

/** Initializers that have fewer directions than lines by construction: most of a sparse matrix or a placed identity is 0. */
const MOSTLY_ZERO = 0.5;

function find(context: RuleContext): Finding[] {
  const share = context.limit("share");
  return soundMatrices(context).flatMap((facts) => {
    const { rank, name, usage, zeros, count } = facts;
    if (rank === null || !isMultiplied(facts) || rank.of < 8 || zeros > MOSTLY_ZERO * count) return [];
    if (rank.found >= share * rank.of || (mayBeNoWeight(facts) && facts.equalRows > 0)) return [];
    return [
      {
        rule: "rank-deficient" as const,
        severity: "warning" as const,
        tensor: name,
        ...(usage.node ? { node: usage.node.name } : {}),
        message: `rank ${figure(rank.found)} among ${figure(rank.of)} lines that should be independent: the layer passes ${figure(rank.found)} directions only`,
        evidence: { rank: rank.found, lines: rank.of, share: rank.found / rank.of },
        fix: "draw the tensor anew: independent draws have full rank with probability 1",
        redraw: [name],
      },
    ];
  });
}

export const rankDeficient: Rule = {
  name: "rank-deficient",
  severity: "warning",
  reads: ["weights"],
  summary: "a weight of far lower rank than its shape",
  initialization: true,
  thresholds: {
    share: {
      default: 0.5,
      meaning: "rank over the number of lines looked at (at most 128); independent draws give 1",
    },
  },
  stage: "values",
  find,
};
