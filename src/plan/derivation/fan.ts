/** The fans that a choice counts, axis by axis: channels, groups, kernel taps, strides, padding. */

import type { ConvNode } from "../../model/types.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { shareOf } from "./forward.ts";
import { type Known, step } from "./known.ts";
import { evaluate, product, type Quantity, quantity, quotient, type Term } from "./term.ts";
import type { Step } from "./types.ts";

/** A step for each fan that `term` counts, or for the weight's own fan-in where it counts none. */
export function fanSteps(known: Known, usage: ParameterUsage, used: readonly Quantity[]): readonly Step[] {
  const wanted = used.filter(({ symbol }) => symbol === "fan_in" || symbol === "fan_out");
  return wanted.map(({ symbol, value, meaning }) => {
    const axes = symbol === "fan_in" ? inAxes(known, usage) : outAxes(known, usage);
    // A framework that counts another way (torch's transposed kernels) is shown with its number.
    const term =
      axes !== null && Math.abs(evaluate(axes) - value) < 1e-9 * value ? axes : quantity("count", value, meaning);
    return step("fan", { title: symbol === "fan_in" ? "fan-in" : "fan-out", symbol, term });
  });
}

/** The padding's effect on a convolution's fan-in, where there is one. */
export function paddingStep(known: Known, usage: ParameterUsage, fanIn: number): Step | null {
  const { node } = usage;
  if (node?.kind !== "conv" || usage.part !== "weight") return null;
  const share = shareOf(known, node);
  if (share === 1) return null;
  const fan = quantity("fan_in", fanIn, "products that enter one output value");
  const inside = quantity("ρ", share, "share of the taps that meet real input, not padding");
  return step("fan", { title: "after zero padding", node, symbol: "n", term: product(fan, inside) });
}

const kernelTerms = (node: ConvNode): Term[] =>
  node.kernel.map((size, axis) => quantity(`k${"₁₂₃₄"[axis] ?? ""}`, size, "kernel taps along an axis"));

const strideTerm = (node: ConvNode): Term =>
  quantity(
    "strides",
    node.strides.reduce((a, b) => a * b, 1),
    "product of the strides",
  );

const isStrided = (node: ConvNode): boolean => node.strides.some((stride) => stride !== 1);

function shapeOfWeight(known: Known, usage: ParameterUsage): readonly number[] {
  const { node, parameter } = usage;
  if (node?.kind === "linear" || node?.kind === "conv")
    return known.model.parameters.get(node.weight)?.shape ?? parameter.shape;
  return parameter.shape;
}

function inAxes(known: Known, usage: ParameterUsage): Term | null {
  const { node } = usage;
  const [first = 1, second = 1] = shapeOfWeight(known, usage);
  if (node?.kind === "linear")
    return quantity("inputs", node.layout === "out-in" ? second : first, `features that ${node.name} takes in`);
  if (node?.kind === "recurrent") return quantity("inputs", second, "entries of one step's input");
  if (node?.kind !== "conv") return null;
  if (!node.transposed)
    return product(quantity("channels", second, "input channels of one group"), ...kernelTerms(node));
  const all = product(quantity("channels", first / node.groups, "input channels of one group"), ...kernelTerms(node));
  return isStrided(node) ? quotient(all, strideTerm(node)) : all;
}

function outAxes(known: Known, usage: ParameterUsage): Term | null {
  const { node } = usage;
  const [first = 1, second = 1] = shapeOfWeight(known, usage);
  if (node?.kind === "linear")
    return quantity("outputs", node.layout === "out-in" ? first : second, `features that ${node.name} puts out`);
  if (node?.kind === "recurrent") return quantity("hidden", usage.hidden, "units of one gate");
  if (node?.kind !== "conv") return null;
  const channels = node.transposed ? second : first / node.groups;
  const all = product(quantity("channels", channels, "output channels of one group"), ...kernelTerms(node));
  return !node.transposed && isStrided(node) ? quotient(all, strideTerm(node)) : all;
}
