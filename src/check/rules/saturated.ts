import { figure } from "../../plan/words.ts";
import type { LayerSignal } from "../signals/types.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";

const percent = (share: number) => `${figure(Math.round(share * 100))} %`;

/** The bias where it makes most of the pre-activation, else the weight. */
function causeOf({ usages, facts }: RuleContext, { weight, secondMoment }: LayerSignal): string {
  const bias = [...usages.byName.values()].find(({ owner, part }) => owner === weight && part === "bias");
  const held = bias ? facts.get(bias.parameter.name) : undefined;
  return held && held.mean ** 2 + held.std ** 2 > secondMoment / 2 ? held.name : weight;
}

function find(context: RuleContext): Finding[] {
  const { signals, usages } = context;
  return (signals?.layers ?? []).flatMap((layer) => {
    const share = layer.saturated;
    const usage = usages.byName.get(layer.weight);
    // A sigmoid at the output or in a gate may be decided; a normalized layer's size is not the weight's.
    if (share === null || !(share >= context.limit("warning")) || !usage || usage.readout !== null || usage.gate)
      return [];
    const cause = causeOf(context, layer);
    return [
      {
        rule: "saturated" as const,
        severity: share >= context.limit("error") ? ("error" as const) : ("warning" as const),
        tensor: cause,
        node: layer.node,
        message: `${percent(share)} of the ${layer.activation?.label ?? "activation"} units that follow are saturated (${signals?.source}): the pre-activation's root mean square is ${figure(Math.sqrt(layer.secondMoment))}, and hardly any gradient passes`,
        evidence: {
          source: signals?.source ?? null,
          weight: layer.weight,
          saturated: share,
          secondMoment: layer.secondMoment,
          mean: layer.mean,
          activation: layer.activation?.label ?? null,
        },
        fix: "draw it smaller, so that pre-activations have a variance near 1 (a higher learning rate does not rescue it)",
        redraw: [cause],
      },
    ];
  });
}

export const saturated: Rule = {
  name: "saturated",
  severity: "error",
  reads: ["prediction", "run"],
  summary: "units driven to where their activation is flat",
  initialization: true,
  thresholds: {
    warning: {
      default: 0.5,
      meaning: "share of units and inputs with a slope under 1/20 of the steepest, flat parts by design left out",
    },
    error: { default: 0.75, meaning: "the same: three quarters of the gradient's paths are closed" },
  },
  stage: "saturation",
  find,
};
