import { figure } from "../../plan/words.ts";
import { allFinite, isZero, type TensorFacts } from "../facts/types.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { isMultiplied, matricesOf, mayBeNoWeight } from "./weights.ts";

/** Units (outputs) of a weight are rows in PyTorch's layout, columns in [in, out]. */
function unitsOf({ usage, rows, equalRows, columns, equalColumns }: TensorFacts) {
  const { node } = usage;
  const across = (node?.kind === "linear" && node.layout === "in-out") || (node?.kind === "conv" && node.transposed);
  return across
    ? { out: columns, equalOut: equalColumns, in: rows, equalIn: equalRows }
    : { out: rows, equalOut: equalRows, in: columns, equalIn: equalColumns };
}

/** Weights that read what this one writes, through anything but another weight. */
function readersOf({ usages }: RuleContext, facts: TensorFacts, all: readonly TensorFacts[]): TensorFacts[] {
  const { graph } = usages;
  const from = facts.usage.output;
  if (from === null) return [];
  const readers: TensorFacts[] = [];
  const seen = new Set<string>([from]);
  const queue = [from];
  for (let i = 0; i < queue.length; i++)
    for (const node of graph.consumers.get(queue[i]!) ?? []) {
      const reader = all.find(({ usage }) => usage.uses.includes(node));
      if (reader) readers.push(reader);
      else
        for (const output of node.outputs) {
          if (seen.has(output)) continue;
          seen.add(output);
          queue.push(output);
        }
    }
  return readers;
}

function find(context: RuleContext): Finding[] {
  const limit = context.limit("share");
  const all = matricesOf(context).filter((facts) => isMultiplied(facts) && allFinite(facts) && !isZero(facts));
  const constant = all.length > 1 && all.every(({ min, max }) => min === max);
  return all.flatMap((facts) => {
    const { out, equalOut } = unitsOf(facts);
    const share = out < 2 ? 0 : (equalOut + 1) / out;
    if (equalOut === 0 || share < limit || (mayBeNoWeight(facts) && facts.min < facts.max)) return [];
    // What a readout's units get as gradient differs by their targets: equal ones part by themselves.
    if (facts.usage.readout !== null && !constant) return [];
    const readers = readersOf(context, facts, all);
    const forever =
      constant ||
      (readers.length > 0 && readers.every((reader) => unitsOf(reader).equalIn + 1 >= limit * unitsOf(reader).in));
    return [
      {
        rule: "symmetric-units" as const,
        severity: forever ? ("error" as const) : ("warning" as const),
        tensor: facts.name,
        ...(facts.usage.node ? { node: facts.usage.node.name } : {}),
        message:
          equalOut === out - 1
            ? `all ${figure(out)} units have the same incoming weights${facts.min === facts.max ? ` (every value is ${figure(facts.min)})` : ""}: they compute one feature${forever ? ", get equal gradients and stay equal for ever" : ""}`
            : `${figure(equalOut)} of ${figure(out)} units copy another one's incoming weights${forever ? ", get equal gradients and stay copies" : ""}`,
        evidence: {
          units: out,
          copies: equalOut,
          distinct: out - equalOut,
          constant: facts.min === facts.max,
          forever,
        },
        fix: "draw every unit's weights independently (any random law will do)",
        redraw: [facts.name],
      },
    ];
  });
}

export const symmetricUnits: Rule = {
  name: "symmetric-units",
  severity: "error",
  reads: ["weights"],
  summary: "units of a layer with equal incoming weights",
  initialization: true,
  thresholds: {
    share: {
      default: 0.5,
      meaning:
        "share of a layer's units that equal another one, from which it is told; below, sub-pixel layers (ICNR) repeat kernels on purpose",
    },
  },
  stage: "values",
  find,
};
