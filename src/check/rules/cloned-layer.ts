import { figure } from "../../plan/words.ts";
import type { TensorFacts } from "../facts/types.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { soundMatrices } from "./weights.ts";

/** Below this many values two tensors may agree by design (a small kernel set by hand). */
const FEWEST_VALUES = 16;

function find(context: RuleContext): Finding[] {
  const first = new Map<string, TensorFacts>();
  const found: Finding[] = [];
  for (const facts of soundMatrices(context)) {
    if (facts.count < FEWEST_VALUES || facts.equalRows > 0) continue;
    const key = `${facts.parameter.shape.join("x")} ${facts.fingerprint}`;
    const original = first.get(key);
    if (original === undefined) {
      first.set(key, facts);
      continue;
    }
    found.push({
      rule: "cloned-layer",
      severity: "warning",
      tensor: facts.name,
      ...(facts.usage.node ? { node: facts.usage.node.name } : {}),
      message: `all ${figure(facts.count)} values equal those of ${original.name}: the two layers start as copies of each other`,
      evidence: { copyOf: original.name, count: facts.count },
      fix: "draw the copy anew (a deep copy of a layer copies its weights); if the two are meant to be one, tie them",
      redraw: [facts.name],
    });
  }
  return found;
}

export const clonedLayer: Rule = {
  name: "cloned-layer",
  severity: "warning",
  reads: ["weights"],
  summary: "two layers that hold the same numbers",
  initialization: true,
  thresholds: {},
  stage: "values",
  find,
};
