import { figure } from "../../plan/words.ts";
import type { TensorFacts } from "../facts/types.ts";
import { twinModules } from "../names.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { soundMatrices } from "./weights.ts";

/** What is set without a draw is the same wherever it is set. */
const UNDRAWN: ReadonlySet<string> = new Set(["identity", "dirac", "sinusoidal"]);

/** Below this many values two tensors may agree by design (a small kernel set by hand). */
const FEWEST_VALUES = 16;

const keyOf = ({ parameter, fingerprint }: TensorFacts) => `${parameter.shape.join("x")} ${fingerprint}`;

/** A lookup table and the weight that reads out by it are one parameter that a state dict names twice. */
const isTied = (a: TensorFacts, b: TensorFacts) => (a.usage.part === "table") !== (b.usage.part === "table");

/**
 * A network beside a copy of itself (target, teacher, momentum encoder, reference policy): two modules of different names, every
 * matrix of the one the same as the other's. A layer that was copied by mistake has a sibling's name but for its number.
 */
function isCopiedNetwork(a: TensorFacts, b: TensorFacts, matrices: readonly TensorFacts[]): boolean {
  const modules = twinModules(a.name, b.name);
  if (modules === null) return false;
  const byName = new Map(matrices.map((each) => [each.name, each]));
  const copies = matrices.filter(({ name }) => name.startsWith(modules.b));
  return (
    copies.length > 1 &&
    copies.every((copy) => {
      const original = byName.get(modules.a + copy.name.slice(modules.b.length));
      return original !== undefined && keyOf(original) === keyOf(copy);
    })
  );
}

function find(context: RuleContext): Finding[] {
  const first = new Map<string, TensorFacts>();
  const found: Finding[] = [];
  const matrices = soundMatrices(context);
  for (const facts of matrices) {
    if (facts.count < FEWEST_VALUES || facts.equalRows > 0) continue;
    if (UNDRAWN.has(context.likeness.get(facts.name)?.family ?? "")) continue;
    const key = keyOf(facts);
    const original = first.get(key);
    if (original === undefined) {
      first.set(key, facts);
      continue;
    }
    if (isTied(original, facts) || isCopiedNetwork(original, facts, matrices)) continue;
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
