import { figure } from "../../plan/words.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

function find(context: RuleContext): Finding[] {
  const { signals } = context;
  return (signals?.dead ?? []).flatMap(({ weight, node, activation, dead, stuck, units, cause }) => {
    const share = dead / units;
    if (units === 0 || !(share >= context.limit("warning"))) return [];
    return [
      {
        rule: "dead-units" as const,
        severity: stuck / units >= context.limit("error") ? ("error" as const) : ("warning" as const),
        tensor: cause,
        node,
        message: `${dead === units ? `all ${figure(units)}` : `${figure(dead)} of ${figure(units)}`} ${activation} units behind ${weight} are flat on ${signals?.source === "measured" ? "every sample of the data" : "all inputs to be expected"}: they pass nothing on and get no gradient`,
        evidence: { source: signals?.source ?? null, weight, activation, dead, stuck, units, share },
        fix:
          cause === weight
            ? "draw the weight anew, with mean 0"
            : `draw ${cause} anew: norm scales start at 1, biases and shifts at 0`,
        redraw: [cause],
      },
    ];
  });
}

export const deadUnits: Rule = {
  name: "dead-units",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "units that no input moves",
  initialization: false,
  thresholds: {
    warning: {
      default: 0.75,
      meaning:
        "share of a layer's units that fewer than 3 in 1000 inputs move (predicted), or none of the samples; PyTorch's default biases alone put down a quarter where the signal is weak",
    },
    error: {
      default: 0.9,
      meaning:
        "the same of units that fewer than 1 in 100,000 inputs move: those that some input moves, training mostly frees",
    },
  },
  stage: "units",
  find,
};
