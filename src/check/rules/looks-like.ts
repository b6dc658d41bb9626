import { figure } from "../../plan/words.ts";
import type { Rule } from "./types.ts";
import { matricesOf } from "./weights.ts";

export const looksLike: Rule = {
  name: "looks-like",
  severity: "info",
  reads: ["weights"],
  summary: "the initialization that the values most likely came from",
  initialization: false,
  thresholds: {},
  stage: "notes",
  find: (context) =>
    matricesOf(context).flatMap(({ name, sampled, count }) => {
      const likeness = context.likeness.get(name);
      if (!likeness || likeness.family === "trained" || likeness.family === "unknown" || context.named.has(name))
        return [];
      const { family, scale, schemes, confidence } = likeness;
      const scheme = schemes[0] ?? null;
      return [
        {
          rule: "looks-like" as const,
          severity: "info" as const,
          tensor: name,
          message: `looks like ${scheme ?? `${family}, a scale of its own`} (${family}, scale ${figure(scale)})`,
          evidence: { family, scale, schemes, confidence, sample: sampled, count },
          fix: "",
        },
      ];
    }),
};
