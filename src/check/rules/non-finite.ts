import { figure } from "../../plan/words.ts";
import type { TensorFacts } from "../facts/types.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

const isBroken = ({ nan, infinite }: TensorFacts): boolean => nan + infinite > 0;
const isStatistic = ({ usage }: TensorFacts): boolean =>
  usage.part === "running-mean" || usage.part === "running-variance";

function find({ facts }: RuleContext): Finding[] {
  const broken = [...facts.values()].filter(isBroken);
  const weights = broken.filter((each) => !isStatistic(each));
  // Running statistics of a model that ran with a broken weight are what the weight made of them.
  const causes = weights.length > 0 ? weights : broken;
  const followers = broken.filter((each) => !causes.includes(each)).map(({ name }) => name);
  return causes.map(({ name, nan, infinite, count, usage }, i) => {
    const follow = i === 0 ? followers : [];
    const what = [
      ...(nan > 0 ? [`${figure(nan)} NaN`] : []),
      ...(infinite > 0 ? [`${figure(infinite)} infinite`] : []),
    ].join(" and ");
    const passed = follow.length > 0 ? `; ${figure(follow.length)} running statistics have followed` : "";
    return {
      rule: "non-finite",
      severity: "error",
      tensor: name,
      ...(usage.node ? { node: usage.node.name } : {}),
      message: `${what} among ${figure(count)} values: every output that they reach is NaN${passed}`,
      evidence: { nan, infinite, count, ...(follow.length > 0 ? { followers: follow } : {}) },
      fix: "draw the tensor anew, and look for the step that overflowed (half precision, a division by 0, a diverged run)",
      redraw: [name, ...follow],
    };
  });
}

export const nonFinite: Rule = {
  name: "non-finite",
  severity: "error",
  reads: ["weights"],
  summary: "NaN or an infinity among the values",
  initialization: false,
  thresholds: {},
  stage: "values",
  find,
};
