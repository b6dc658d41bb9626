/** The reason for one of `auto`'s choices, in one sentence with its numbers. */

import { number, product, quantity, quotient, root, type Term } from "../derivation/term.ts";
import { fanInTerm, fanOutTerm } from "../schemes/formulas.ts";
import type { Formula } from "../schemes/types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { activationName, figure, listed, times } from "../words.ts";
import { momentsAt } from "./activation-moments.ts";
import { type Balance, balanceOf, type PreActivation } from "./balance.ts";
import type { Goal } from "./goals.ts";

export interface Explained {
  readonly usage: ParameterUsage;
  readonly goal: Goal | null;
  /** Mean square of an element as chosen. */
  readonly square: number;
  /** Predicted mean squares by tensor; null without a graph. */
  readonly signals: ReadonlyMap<string, PreActivation> | null;
  readonly streams: readonly number[];
}

/** One sentence: what is aimed at and why, then the numbers that lead to the variance. */
export function explain(known: Explained): string {
  const { usage, goal, square } = known;
  if (!goal) {
    if (usage.part === "input-weight")
      return `Each gate's input part gets second moment 1 (Glorot & Bengio 2010's argument, forward): ${derivation(known, 1)}.`;
    return `No graph to predict through: Var(W) = 1/fan_in = 1/${figure(usage.fans.true.fanIn)} keeps a unit signal (LeCun 1998).`;
  }
  if (goal.like !== null)
    return `Added to the rows of ${goal.like}, which the readout shares, so it has their size: ${figure(square)} = ${figure(Math.sqrt(square))}².`;
  if (usage.node?.kind === "embedding" || goal.tensor === usage.parameter.name)
    return `${goal.share < 1 ? `One of ${figure(1 / goal.share)} terms of a sum, so each brings ${figure(goal.value)} of its second moment 1` : "Rows with second moment 1, like a unit input"}: ${figure(square)} = ${figure(Math.sqrt(square))}².`;
  const slope = slopeBefore(known, goal);
  if (slope !== null) {
    const { fanOut } = usage.fans.true;
    return `The gradient keeps its mean square whatever the signal does: Var(W) = 1/(fan_out·E[φ'²]) = 1/(${figure(fanOut)}·${figure(slope)}), σ = ${figure(Math.sqrt(square))} (He 2015, section 2.2).`;
  }
  return `${purpose(known, goal)}: ${derivation(known, wantedOf(known, goal))}.`;
}

/** E[φ'(z)²] of the activation in front, where the gradient alone decides; null elsewhere. */
function slopeBefore({ usage, signals }: Explained, goal: Goal): number | null {
  const before = goal.weighs !== "gradient" || goal.after === null ? undefined : signals?.get(goal.after);
  if (!before) return null;
  if (!usage.preceding) return 1;
  const { mean, secondMoment } = before;
  const variance = Math.max(secondMoment - mean * mean, 0);
  return momentsAt(usage.preceding.activation, mean, variance).derivativeSecondMoment;
}

function purpose(known: Explained, goal: Goal): string {
  const { usage } = known;
  switch (goal.kind) {
    case "readout":
      return "Readout: outputs as large as every layer's before, second moment 1, so that all layers learn alike and the first loss is at most ln(classes) + 1/2";
    case "scale-free":
      return "A normalization follows and divides any scale out; second moment 1 in front of it keeps the step size usual";
    case "scores":
      return `${scoreWords(usage)}: sized so that attention scores start with variance 1, neither flat nor decided (Vaswani 2017, section 3.2.1)`;
    case "branch": {
      const length = usage.residual ? (known.streams[usage.residual.stream] ?? 1) : 1;
      const what =
        usage.part === "scale"
          ? "Scale of the last normalization"
          : usage.part === "layer-scale"
            ? "Layer scale"
            : "Last weight";
      return length === 1
        ? `${what} of the one residual branch, which adds as much as the skip brings`
        : `${what} of one of ${length} residual branches; each adds ${goal.source === null ? "" : "(once attention decides) "}1/${length} of the stream's second moment, so depth at most doubles it (Hanin & Rolnick 2018; Zhang 2019)`;
    }
    case "linear": {
      const balanced = balanceOf(known, goal);
      if (balanced) return balancedPurpose(usage, balanced);
      return `No activation follows; second moment ${figure(goal.value)}`;
    }
    case "hidden":
      return hiddenPurpose(known, goal);
  }
}

function scoreWords({ attention }: ParameterUsage): string {
  const words = [attention?.query && "query", attention?.key && "key", attention?.value && "value"].filter((w) => !!w);
  const list = listed(words.map(String));
  return list.charAt(0).toUpperCase() + list.slice(1);
}

/** Change of a mean square a layer that is worth a word. */
const NOTABLE = 0.01;

function balancedPurpose(usage: ParameterUsage, { before, ratio, q, held }: Balance): string {
  const name = activationName(usage.activation);
  const forward = q / before;
  const gains = `signal ${times(forward)}, gradient ${times(forward * ratio)} at this layer`;
  if (held) {
    const reason = `the least squares of both log gains would be at ${figure(before / Math.sqrt(ratio))}, outside of what ${name} can keep over its run`;
    return `Second moment ${figure(q)} in front of ${name}, the best that can be had: ${gains}; ${reason}`;
  }
  const place = usage.activation ? ` in front of ${name}` : "";
  return `Second moment ${figure(q)}${place}, least squares of the log gains in both directions: ${gains}`;
}

function hiddenPurpose({ usage, signals }: Explained, goal: Goal): string {
  const name = activationName(usage.activation);
  const { point, run } = goal;
  const balanced = balanceOf({ usage, signals }, goal);
  if (balanced && (balanced.held || Math.abs(Math.log(balanced.ratio)) > NOTABLE))
    return balancedPurpose(usage, balanced);
  if (!point) return `Second moment ${figure(goal.value)} in front of ${name}`;
  const gradient = `the gradient changes ${times(point.chi)} a layer`;
  if (Math.abs(Math.log(point.chi)) < 1e-9)
    return `Second moment ${figure(goal.value)} in front of ${name}, level forward and backward (χ₁ = 1)`;
  if (run < 2)
    return `Second moment ${figure(goal.value)} in front of ${name}, the usual size of a unit that is neither flat nor linear`;
  if (point.level)
    return `Second moment ${figure(goal.value)} in front of ${name}: forward level, ${gradient}, ${times(point.chi ** run)} over its ${run} in a row`;
  return `Second moment ${figure(goal.value)} in front of ${name}: forward level, but ${gradient}, which no weight variance in its working range can mend`;
}

function wantedOf({ usage, signals }: Explained, goal: Goal): number {
  if (balanceOf({ usage, signals }, goal) !== null) return signals?.get(goal.tensor)?.secondMoment ?? goal.value;
  if (goal.kind !== "branch") return goal.value;
  const reached = signals?.get(goal.tensor)?.secondMoment ?? goal.value;
  const real = signals?.get(usage.input ?? "")?.secondMoment;
  const counted = signals?.get(goal.source ?? "")?.secondMoment;
  return real && counted ? (reached * counted) / real : reached;
}

/** Var(W) = wanted/(fan·E[a²]), with the fan that padding and pooling really leave. */
function derivation({ usage, goal, square, signals }: Explained, wanted: number): string {
  if (usage.part === "scale" || usage.part === "layer-scale")
    return `√${figure(square)} = ${figure(Math.sqrt(square))}`;
  const source = goal?.source ?? usage.input;
  const incoming = source === null ? undefined : signals?.get(source)?.secondMoment;
  const { fanIn } = usage.fans.true;
  if (incoming === undefined || !(incoming > 0)) return `Var(W) = ${figure(square)}`;
  const effective = wanted / (square * incoming);
  const fan =
    Math.abs(effective / fanIn - 1) < 0.01
      ? `fan_in·E[a²]) = ${figure(wanted)}/(${figure(fanIn)}·${figure(incoming)})`
      : `fan·E[a²]) = ${figure(wanted)}/(${figure(effective)}·${figure(incoming)}), of fan-in ${figure(fanIn)} after padding, scales and correlation`;
  return `Var(W) = q/(${fan}, σ = ${figure(Math.sqrt(square))}`;
}

/** The same as a formula: Var(W) = q/(fan_in·κ·E[a²]), or the square root of what a scale brings. */
export function formulaOf(known: Explained): Formula {
  const { usage, goal, square, signals } = known;
  if (usage.part === "scale" || usage.part === "layer-scale")
    return { decides: "value", term: root(quantity("q", square, "mean square that the scale is to bring")) };
  const slope = goal === null ? null : slopeBefore(known, goal);
  if (slope !== null) {
    const factors = [
      fanOutTerm(usage.fans.true.fanOut),
      quantity("E[φ'(z)²]", slope, "slope of the activation in front"),
    ];
    return { decides: "variance", term: quotient(number(1), product(...factors)) };
  }
  const source = goal?.source ?? usage.input;
  const incoming = source === null ? undefined : signals?.get(source)?.secondMoment;
  const isTable = usage.node?.kind === "embedding" || goal?.tensor === usage.parameter.name || goal?.like != null;
  if (incoming === undefined || !(incoming > 0) || isTable)
    return { decides: "variance", term: quantity("q", square, "mean square of an entry") };
  const wanted = goal === null ? 1 : wantedOf(known, goal);
  const { fanIn } = usage.fans.true;
  const factors: Term[] = [fanInTerm(fanIn)];
  const left = wanted / (square * incoming * fanIn);
  if (Math.abs(left - 1) >= 5e-4)
    factors.push(quantity("κ", left, "share of the fan that padding, scales and correlation leave"));
  factors.push(quantity("E[a²]", incoming, `mean square of ${source}`));
  return {
    decides: "variance",
    term: quotient(quantity("q", wanted, "mean square wanted of the output"), product(...factors)),
  };
}
