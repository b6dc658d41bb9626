/**
 * Why one parameter is initialized as it is, as steps that can be checked: the signal on its way from the model's input,
 * the gradient where the rule looks at it, the fan, the scheme's formula, the law that is drawn, and what that makes of
 * the layer's output.
 */

import type { Model } from "../../model/types.ts";
import { type Balance, balanceOf } from "../auto/balance.ts";
import { fanInTerm, fanOutTerm } from "../schemes/formulas.ts";
import type { Decides } from "../schemes/types.ts";
import type { Plan, PlannedTensor } from "../types.ts";
import { flowingInputs } from "../usage/graph.ts";
import { analyse, type ParameterUsage, type Usages } from "../usage/index.ts";
import { type Chosen, chosenBy } from "./choice.ts";
import { fanSteps, paddingStep } from "./fan.ts";
import { forwardStep } from "./forward.ts";
import { gather, type Known, step } from "./known.ts";
import { lawSteps, varianceSymbol } from "./law.ts";
import { power, quantities, quantity, type Term } from "./term.ts";
import type { Derivation, Step } from "./types.ts";
import { gradientSteps, stepsTo } from "./walk.ts";

export { evaluate, momentsIn, type Quantity, quantities, type Term } from "./term.ts";
export type * from "./types.ts";
export { lawOfMoment } from "./write.ts";

/**
 * The derivation of one planned tensor, from the plan's own numbers.
 *
 * @throws on a name that the plan does not have.
 * @example derive(model, plan(model), "fc1.weight").steps.map(({ symbol, formula }) => `${symbol} = ${formula}`)
 */
export function derive(model: Model, plan: Plan, name: string): Derivation {
  const usages = analyse(model);
  const known = gather(model, plan, usages);
  const tensor = known.tensors.get(name);
  const usage = usages.byName.get(name);
  if (!tensor || !usage)
    throw new Error(`explain: no parameter "${name}" in ${model.name}, see the plan for the names`);
  const chosen = chosenBy(known, usage, tensor);
  const used = quantities(chosen.formula.term);
  const steps: Step[] = [];
  const input = usage.input ?? scaledInput(usage, usages);
  if (input !== null) steps.push(...stepsTo(known, input));
  if (usage.output !== null && looksBack(known, chosen, used)) steps.push(...gradientSteps(known, usage.output));
  steps.push(...fanSteps(known, usage, used));
  const padding = paddingStep(known, usage, usage.fans.true.fanIn);
  if (padding) steps.push(padding);
  steps.push(...pointSteps(known, usage, chosen));
  const letter = LETTERS[usage.part] ?? "θ";
  steps.push(choiceStep(known, usage, chosen, letter));
  if (tensor.initializer.kind !== "file") steps.push(...lawSteps(tensor, chosen.formula.decides, letter));
  steps.push(...outcomeSteps(known, usage, tensor));
  return { tensor: name, steps, why: tensor.why };
}

/** What a norm's or a layer's scale multiplies comes from its node's own input. */
function scaledInput({ part, node }: ParameterUsage, { graph }: Usages): string | null {
  if (node === null || (part !== "scale" && part !== "layer-scale")) return null;
  return flowingInputs(graph, node)[0] ?? null;
}

/** A residual branch gets its share of what the stream starts with. */
function shareSteps({ signals, usages }: Known, usage: ParameterUsage): readonly Step[] {
  const { residual } = usage;
  if (residual === null) return [];
  const first = usages.residuals.find(({ stream, index }) => stream === residual.stream && index === 0);
  const start = signals.get(first?.skip ?? "")?.secondMoment;
  const length = usages.streams[residual.stream] ?? 1;
  if (!first || start === undefined || !(start > 0)) return [];
  return [
    step("choice", {
      title: `one of ${length} branches`,
      symbol: "q",
      term: {
        kind: "quotient",
        over: quantity("E[s₀²]", start, `mean square of ${first.skip}, where the stream starts`),
        under: quantity("L", length, "residual branches that write into the stream"),
      },
      source: "Hanin & Rolnick 2018; Zhang 2019",
    }),
  ];
}

const LETTERS: Readonly<Record<string, string>> = {
  weight: "W",
  "input-weight": "W",
  "recurrent-weight": "U",
  bias: "b",
  "input-bias": "b",
  "recurrent-bias": "b",
  table: "E",
  scale: "γ",
  shift: "β",
};

/** Whether the choice looks at the gradient: a fan-out in its formula, or an objective that does. */
function looksBack(known: Known, { goal }: Chosen, used: readonly { readonly symbol: string }[]): boolean {
  if (used.some(({ symbol }) => symbol === "fan_out")) return true;
  return goal !== null && (goal.weighs !== null || (goal.run > 1 && known.plan.objective !== "forward"));
}

/** χ at the operating point and over the run, where `auto` chose the point for its sake. */
function pointSteps(known: Known, usage: ParameterUsage, { goal }: Chosen): readonly Step[] {
  if (!goal) return [];
  if (goal.kind === "branch") return shareSteps(known, usage);
  const balanced = balanceOf({ usage, signals: known.signals }, goal);
  if (balanced) return balanceSteps(usage, balanced);
  const { point } = goal;
  if (!point || goal.run < 2 || !usage.activation) return [];
  const chi = quantity("χ", point.chi, "factor on the gradient's mean square a layer, forward level");
  const label = "gradient, a layer";
  const ratio: Term = {
    kind: "quotient",
    over: {
      kind: "product",
      factors: [
        quantity("q", point.q, "mean square of the pre-activation"),
        quantity("E[φ'(z)²]", (point.chi * point.secondMoment) / point.q, "at z ~ N(0, q)"),
      ],
    },
    under: quantity("E[φ(z)²]", point.secondMoment, "at z ~ N(0, q)"),
  };
  return [
    step("choice", { title: label, symbol: "χ", term: ratio, source: "Schoenholz 2017" }),
    step("choice", { title: `gradient, ${goal.run} layers`, symbol: "χᴸ", term: power(chi, goal.run) }),
  ];
}

/** The gradient's gain over the signal's, and where the least squares of both put this layer. */
function balanceSteps(usage: ParameterUsage, { before, ratio, q, held }: Balance): readonly Step[] {
  const { fanIn, fanOut } = usage.fans.true;
  const gain = quantity("R", ratio, "gain of the gradient over that of the signal");
  const start = quantity("q₋", before, "mean square of the pre-activation before");
  const steps = [
    step("choice", {
      title: "gradient over signal",
      symbol: "R = B/F",
      term: {
        kind: "product",
        factors: [
          { kind: "quotient", over: fanOutTerm(fanOut), under: fanInTerm(fanIn) },
          quantity("χ", ratio * (fanIn / fanOut), "q₋·E[φ'²]/E[φ²] of the activation in front"),
        ],
      },
      source: "Schoenholz 2017",
    }),
    step("choice", {
      title: "least squares of both",
      symbol: "q",
      term: { kind: "quotient", over: start, under: { kind: "root", of: gain } },
    }),
  ];
  if (!held) return steps;
  return [
    ...steps,
    step("choice", {
      title: "held to",
      symbol: "q",
      term: quantity("limit", q, "end of the range where the activation works"),
    }),
  ];
}

const SYMBOLS: Readonly<Record<Decides, string>> = {
  variance: "",
  std: "σ",
  bound: "bound",
  gain: "gain",
  value: "value",
};

function choiceStep(known: Known, usage: ParameterUsage, chosen: Chosen, letter: string): Step {
  const { decides, term } = chosen.formula;
  const symbol = decides === "variance" ? varianceSymbol(letter) : SYMBOLS[decides];
  const title = `scheme ${known.plan.scheme}`;
  return step("choice", { title, node: usage.node, symbol, term, source: chosen.source });
}

function outcomeSteps(known: Known, usage: ParameterUsage, tensor: PlannedTensor): readonly Step[] {
  const steps: Step[] = [];
  if (usage.node && usage.output !== null && usage.node.kind !== "recurrent") {
    const outcome = forwardStep(known, usage.node, usage.output, "outcome");
    if (outcome) steps.push({ ...outcome, title: "its output" });
  }
  const gradient = known.plan.gradients.find((row) => row.tensor === tensor.name);
  if (gradient)
    steps.push(
      step("outcome", {
        title: "its gradient",
        symbol: "E[(∂L/∂w)²]",
        term: quantity("Σ E[δδ']·E[aa']", gradient.secondMoment, "over the positions that share it, one sample"),
      }),
    );
  return steps;
}
