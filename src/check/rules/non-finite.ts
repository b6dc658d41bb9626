import { figure } from "../../plan/words.ts";
import type { Rule } from "./types.ts";

export const nonFinite: Rule = {
  name: "non-finite",
  severity: "error",
  reads: ["weights"],
  summary: "NaN or an infinity among the values",
  initialization: false,
  thresholds: {},
  stage: "values",
  find: ({ facts }) =>
    [...facts.values()].flatMap(({ name, nan, infinite, count, usage }) => {
      if (nan + infinite === 0) return [];
      const what = [
        ...(nan > 0 ? [`${figure(nan)} NaN`] : []),
        ...(infinite > 0 ? [`${figure(infinite)} infinite`] : []),
      ].join(" and ");
      return [
        {
          rule: "non-finite" as const,
          severity: "error" as const,
          tensor: name,
          ...(usage.node ? { node: usage.node.name } : {}),
          message: `${what} among ${figure(count)} values: every output that they reach is NaN`,
          evidence: { nan, infinite, count },
          fix: "draw the tensor anew, and look for the step that overflowed (half precision, a division by 0, a diverged run)",
          redraw: [name],
        },
      ];
    }),
};
