/** The scales that frameworks, papers and habits give a parameter, as one table: name, family, standard deviation from its fans. */

import { STD_OF_CUT_AT_2 } from "../../init/index.ts";
import type { Fans } from "../../init/types.ts";
import type { ElementLaw } from "./laws.ts";
import type { TensorUse } from "./types.ts";

export interface KnownLaw extends ElementLaw {
  /** Name of the rule. */
  readonly name: string;
}

type Distribution = "uniform" | "normal" | "truncated-normal";

/** Variance times the fan that the rule divides by; the torch spelling where frameworks give it another name. */
interface ScalingRule {
  readonly name: string;
  readonly family: Distribution;
  readonly variance: (fans: Fans) => number;
}

const average = ({ fanIn, fanOut }: Fans) => 2 / (fanIn + fanOut);
const into = ({ fanIn }: Fans) => 1 / fanIn;
const out = ({ fanOut }: Fans) => 1 / fanOut;
/** A cut at ±2σ of the parent leaves this share of its variance. */
const LEFT = STD_OF_CUT_AT_2 ** 2;
const TANH_GAIN = (5 / 3) ** 2;

/** The usual ones first: a scale that several rules give is told in this order. */
const RULES: readonly ScalingRule[] = [
  { name: "one-over-root-n", family: "uniform", variance: (fans) => into(fans) / 3 },
  { name: "glorot-uniform", family: "uniform", variance: average },
  { name: "he-uniform", family: "uniform", variance: (fans) => 2 * into(fans) },
  { name: "lecun-uniform", family: "uniform", variance: into },
  { name: "he-uniform, fan out", family: "uniform", variance: (fans) => 2 * out(fans) },
  { name: "glorot-uniform, gain √2", family: "uniform", variance: (fans) => 2 * average(fans) },
  { name: "glorot-uniform, gain 5/3", family: "uniform", variance: (fans) => TANH_GAIN * average(fans) },
  { name: "siren-first", family: "uniform", variance: ({ fanIn }) => 1 / (3 * fanIn * fanIn) },
  { name: "siren", family: "uniform", variance: (fans) => (2 * into(fans)) / 900 },
  { name: "he-normal", family: "normal", variance: (fans) => 2 * into(fans) },
  { name: "glorot-normal", family: "normal", variance: average },
  { name: "lecun-normal", family: "normal", variance: into },
  { name: "he-normal, fan out", family: "normal", variance: (fans) => 2 * out(fans) },
  { name: "glorot-normal, gain √2", family: "normal", variance: (fans) => 2 * average(fans) },
  { name: "glorot-normal, gain 5/3", family: "normal", variance: (fans) => TANH_GAIN * average(fans) },
  { name: "mup readout", family: "normal", variance: ({ fanIn }) => 64 / (fanIn * fanIn) },
  { name: "he-truncated-normal", family: "truncated-normal", variance: (fans) => 2 * into(fans) },
  { name: "glorot-truncated-normal", family: "truncated-normal", variance: average },
  { name: "lecun-truncated-normal", family: "truncated-normal", variance: into },
  { name: "he-truncated-normal-before", family: "truncated-normal", variance: (fans) => 2 * LEFT * into(fans) },
  { name: "glorot-truncated-normal-before", family: "truncated-normal", variance: (fans) => LEFT * average(fans) },
  { name: "lecun-truncated-normal-before", family: "truncated-normal", variance: (fans) => LEFT * into(fans) },
];

/** Scales that do not depend on the fans: [name, family, mean, std]. */
const FIXED: readonly (readonly [string, Distribution, number, number])[] = [
  ["gpt2", "normal", 0, 0.02],
  ["bert", "normal", 0, 0.02],
  ["vit", "truncated-normal", 0, 0.02 * STD_OF_CUT_AT_2],
  ["keras uniform", "uniform", 0, 0.05 / Math.sqrt(3)],
  ["keras normal", "normal", 0, 0.05],
  ["keras truncated-normal", "truncated-normal", 0, 0.05 * STD_OF_CUT_AT_2],
  ["classifier, Goyal 2017", "normal", 0, 0.01],
  ["standard normal", "normal", 0, 1],
  ["dcgan scale", "normal", 1, 0.02],
];

const WEIGHTS: ReadonlySet<string> = new Set([
  "weight",
  "input-weight",
  "recurrent-weight",
  "table",
  "position",
  "token",
]);

function distinctFans({ fans }: TensorUse): Fans[] {
  const seen = new Map<string, Fans>();
  for (const each of [fans.torch, fans.keras, fans.true]) seen.set(`${each.fanIn} ${each.fanOut}`, each);
  return [...seen.values()].filter(({ fanIn, fanOut }) => fanIn > 0 && fanOut > 0);
}

function* lawsOf(use: TensorUse): Generator<KnownLaw> {
  const { part, hidden } = use;
  if (hidden > 0) yield { name: "torch", family: "uniform", mean: 0, std: 1 / Math.sqrt(3 * hidden) };
  if (part === "weight" || part === "bias" || part === "input-weight") {
    const { fanIn } = use.fans.torch;
    if (fanIn > 0) yield { name: "torch", family: "uniform", mean: 0, std: 1 / Math.sqrt(3 * fanIn) };
  }
  if (part === "table" || part === "position") yield { name: "torch", family: "normal", mean: 0, std: 1 };
  if (part === "table") yield { name: "keras", family: "uniform", mean: 0, std: 0.05 / Math.sqrt(3) };
  if (part === "weight" || part === "input-weight") {
    yield { name: "keras", family: "uniform", mean: 0, std: Math.sqrt(average(use.fans.keras)) };
    yield { name: "tfjs", family: "truncated-normal", mean: 0, std: Math.sqrt(LEFT * average(use.fans.keras)) };
  }
  const matrix = WEIGHTS.has(part);
  for (const fans of distinctFans(use)) {
    for (const { name, family, variance } of matrix ? RULES : RULES.slice(0, 1)) {
      const std = Math.sqrt(variance(fans));
      if (std > 0 && Number.isFinite(std)) yield { name, family, mean: 0, std };
    }
  }
  for (const [name, family, mean, std] of FIXED) {
    if (mean === 0 ? matrix : part === "scale") yield { name, family, mean, std };
  }
}

/** Every known law of a parameter, each name and scale once. */
export function knownLaws(use: TensorUse): KnownLaw[] {
  const found = new Map<string, KnownLaw>();
  for (const law of lawsOf(use)) {
    const key = `${law.name} ${law.family} ${law.std}`;
    if (!found.has(key)) found.set(key, law);
  }
  return [...found.values()];
}
