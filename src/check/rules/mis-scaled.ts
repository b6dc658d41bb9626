import { resolveActivation } from "../../activation/index.ts";
import { gradientFactor } from "../../plan/auto/operating-point.ts";
import type { FanConventions } from "../../plan/usage/fans.ts";
import { figure } from "../../plan/words.ts";
import { centreWithout } from "../facts/median.ts";
import type { TensorFacts } from "../facts/types.ts";
import type { Finding } from "../types.ts";
import type { Rule, RuleContext } from "./types.ts";
import { isMultiplied, readsOutByShape, soundMatrices } from "./weights.ts";

interface Convention {
  readonly name: string;
  /** Under the root. */
  readonly of: (fans: FanConventions) => number;
}

/** What a scheme may hold constant from layer to layer: std times the root of this. Frameworks count depthwise fans apart. */
const CONVENTIONS: readonly Convention[] = [
  ...(["true", "torch", "keras"] as const).flatMap((counted): Convention[] => {
    const by = counted === "true" ? "" : ` as ${counted} counts`;
    return [
      { name: `√fan-in${by}`, of: (fans) => fans[counted].fanIn },
      { name: `√fan-out${by}`, of: (fans) => fans[counted].fanOut },
      { name: `√((fan-in + fan-out)/2)${by}`, of: (fans) => (fans[counted].fanIn + fans[counted].fanOut) / 2 },
    ];
  }),
  { name: "1", of: () => 1 },
];

interface Standard {
  readonly convention: string;
  /** ln(std·√…) that the others share. */
  readonly level: number;
  /** Median distance of the others from it. */
  readonly spread: number;
  readonly own: number;
}

const sizeBy = ({ std, usage }: TensorFacts, of: Convention["of"]) =>
  Math.log(std) + Math.log(Math.max(1, of(usage.fans))) / 2;

/** Sorted once: a model of n weights asks for n medians, each of all weights but one. */
function standards(all: readonly TensorFacts[]): (facts: TensorFacts) => Standard | null {
  const sizes = CONVENTIONS.map(({ name, of }) => ({
    name,
    of,
    sorted: Float64Array.from(all, (each) => sizeBy(each, of)).sort(),
  }));
  if (all.length < 2) return () => null;
  return (facts) =>
    sizes
      .map(({ name, of, sorted }): Standard => {
        const own = sizeBy(facts, of);
        const { level, spread } = centreWithout(sorted, own);
        return { convention: name, level, spread, own };
      })
      .reduce((best, each) => (each.spread < best.spread - 1e-9 ? each : best));
}

/** ln of the std that keeps the second moment of what follows at 1, He's √(2/fan-in) for ReLU. */
function neededSize({ usage }: TensorFacts): number {
  const reference = usage.preceding?.activation;
  const incoming = reference ? gradientFactor(reference, 1).secondMoment : 1;
  return -Math.log(Math.max(1, usage.fans.true.fanIn)) / 2 - Math.log(incoming > 0 ? incoming : 1) / 2;
}

/** A sine's first layer is scaled by the frequencies that it shall hold (Sitzmann 2020), not by its fan-in. */
function isFrequency({ usage }: TensorFacts): boolean {
  if (!usage.activation) return false;
  const { value, saturates } = resolveActivation(usage.activation.activation);
  return !saturates.left && !saturates.right && Math.abs(value(1e3)) <= 1 && Math.abs(value(-1e3)) <= 1;
}

/** Input and recurrent weight of one cell: by their node, or by PyTorch's names. */
const sharesCell = (input: TensorFacts, recurrent: TensorFacts): boolean =>
  input.usage.node === null
    ? recurrent.name === input.name.replace("weight_ih", "weight_hh")
    : recurrent.usage.node === input.usage.node;

/** Small on purpose: readouts, the ends of residual branches, queries, keys, gates; inputs of a state that an identity keeps. */
function maySmall(facts: TensorFacts, all: readonly TensorFacts[], { likeness }: RuleContext): boolean {
  const { usage } = facts;
  if (usage.node === null && readsOutByShape(facts, all)) return true;
  if (usage.part === "input-weight") {
    const beside = all.find((other) => other.usage.part === "recurrent-weight" && sharesCell(facts, other));
    // Le, Jaitly & Hinton 2015, section 3: inputs of standard deviation 0.001.
    if (beside && likeness.get(beside.name)?.family === "identity") return true;
  }
  return usage.readout !== null || usage.writes || usage.gate || usage.attention !== null || usage.residual !== null;
}

function isBounded({ usage }: TensorFacts): boolean {
  if (!usage.activation) return false;
  const { saturates } = resolveActivation(usage.activation.activation);
  return saturates.left && saturates.right;
}

/**
 * Units that saturate keep the factor to themselves: the layer learns late, the others as before. The input's detail is lost for
 * good where the first layer does it, and what tanh units (odd around 0) held apart where the factor is far larger still;
 * logistic ones train all the same.
 */
function endures({ usage }: TensorFacts, factor: number, limit: RuleContext["limit"]): boolean {
  if (usage.first) return factor <= limit("first");
  const centred = usage.activation !== null && resolveActivation(usage.activation.activation).value(0) === 0;
  return !centred || factor <= limit("saturating");
}

/** Standard deviations from 1 that a draw of N(0, 1) is named by. */
const UNIT = 0.01;

/**
 * Without a graph a lookup table is told by its name; one with another name by its draw: N(0, 1), which PyTorch gives tables and
 * nothing else, taller than wide and without a bias beside it.
 */
function mayBeTable({ name, usage, parameter }: TensorFacts, { likeness, facts }: RuleContext): boolean {
  const [rows = 0, columns = 0, ...rest] = parameter.shape;
  const found = likeness.get(name);
  if (usage.node !== null || rest.length > 0 || rows <= columns || found?.family !== "normal") return false;
  return Math.abs(found.scale - 1) < UNIT && !facts.has(name.replace(/weight$/, "bias"));
}

function find(context: RuleContext): Finding[] {
  const factor = context.limit("factor");
  const off = context.limit("needed");
  const candidates = soundMatrices(context).filter(
    (facts) =>
      isMultiplied(facts) && facts.std > 0 && !(isFrequency(facts) && facts.usage.first) && !mayBeTable(facts, context),
  );
  const standardOf = standards(candidates);
  const others = candidates.length - 1;
  return candidates.flatMap((facts) => {
    const standard = standardOf(facts);
    if (standard === null) return [];
    const apart = standard.own - standard.level;
    const needed = Math.log(facts.std) - neededSize(facts);
    const scatter = Math.max(Math.log(factor), 4 * standard.spread);
    // One other weight is no law: then the distance from what the layer needs decides alone, and must be as large.
    const absolute = others < 2 ? Math.log(factor) : Math.log(off);
    if (Math.abs(apart) < scatter || Math.sign(apart) !== Math.sign(needed) || Math.abs(needed) < absolute) return [];
    if (apart < 0 && maySmall(facts, candidates, context)) return [];
    const times = Math.exp(Math.abs(apart));
    const expected = facts.std / Math.exp(apart);
    const severe = apart > 0 && !facts.usage.normalized && !(isBounded(facts) && endures(facts, times, context.limit));
    return [
      {
        rule: "mis-scaled" as const,
        severity: severe ? ("error" as const) : ("warning" as const),
        tensor: facts.name,
        ...(facts.usage.node ? { node: facts.usage.node.name } : {}),
        message: `standard deviation ${figure(facts.std)} is ${figure(times)} times ${apart > 0 ? "larger" : "smaller"} than the ${figure(expected)} that the other ${figure(others)} weights' law gives (std·${standard.convention} = ${figure(Math.exp(standard.level))})${followUp(facts, apart)}`,
        evidence: {
          std: facts.std,
          expected,
          factor: Math.exp(apart),
          convention: standard.convention,
          level: Math.exp(standard.level),
          spread: standard.spread,
          needed: Math.exp(neededSize(facts)),
          fanIn: facts.usage.fans.true.fanIn,
          activation: facts.usage.activation ? resolveActivation(facts.usage.activation.activation).label : null,
        },
        fix: `draw the tensor anew, with a standard deviation near ${figure(expected)}`,
        redraw: [facts.name],
      },
    ];
  });
}

function followUp(facts: TensorFacts, apart: number): string {
  const { usage } = facts;
  const square = Math.exp(2 * Math.abs(apart));
  if (usage.normalized)
    return `; the norm behind it hides the size, but steps are ${figure(square)} times ${apart > 0 ? "too small" : "too large"}`;
  if (usage.activation && apart > 0 && isBounded(facts))
    return `: ${resolveActivation(usage.activation.activation).label} units saturate`;
  return `: the signal's mean square is off by ${figure(square)}`;
}

/** One weight off the law that the others follow. */
export const misScaled: Rule = {
  name: "mis-scaled",
  severity: "error",
  reads: ["weights"],
  summary: "a weight whose scale does not fit the others and what follows it",
  initialization: true,
  thresholds: {
    factor: {
      default: 8,
      meaning:
        "standard deviation over that of the others' law; published schemes mixed in one model stay within 5 (0.02 against He's at fan-in 64: 8.8 only from 64 down)",
    },
    needed: {
      default: 3,
      meaning:
        "standard deviation over 1/√(fan-in·E[φ²]), in the same direction: PyTorch's default is at 0.58, He's at 1",
    },
    first: {
      default: 25,
      meaning:
        "the factor that is an error in the first layer before units that saturate: × 30 costs accuracy on digits, tanh and logistic",
    },
    saturating: {
      default: 75,
      meaning:
        "the same in a later layer before tanh: × 30 trains as well, × 100 does not; before logistic neither costs",
    },
  },
  stage: "values",
  find,
};
