/** Schemes whose matrices have structure: orthogonal, delta-orthogonal, Nguyen–Widrow, sinusoidal, SIREN. */

import { moments, resolveActivation } from "../../activation/index.ts";
import type { ActivationNode, ActivationReference } from "../../model/types.ts";
import { number, power, product, quantity, quotient, root, type Term } from "../derivation/term.ts";
import { linearSlope } from "../usage/linear-map.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { activationName, figure } from "../words.ts";
import { orthogonalPerGate } from "./common.ts";
import { fanInTerm, fanOutTerm, given, overRoot } from "./formulas.ts";
import { constant, uniform } from "./laws.ts";
import { isMatrix, matrixRule, unspoken } from "./named.ts";
import type { Choice, Formula, Scheme, SchemeContext } from "./types.ts";

const GAIN = {
  name: "gain",
  default: null,
  meaning: "factor on the orthogonal matrix; default 1/√E[φ(Z)²] of the activation that feeds it",
} as const;

const givenGain = (gain: number, meaning: string): Formula => given("gain", "gain", gain, meaning);

const unitMoment = (node: ActivationNode): Term => ({
  kind: "moment",
  of: "value",
  activation: node.activation,
  label: activationName(node),
  mean: number(0),
  variance: number(1),
});

/** 1/√E[φ(Z)²] of the activation in front, Z ~ N(0, 1): what an isometry has to make good. */
function gainOf(
  usage: ParameterUsage,
  context: SchemeContext,
): { readonly gain: number; readonly words: string; readonly formula: Formula } {
  const given = context.values[0];
  if (given !== undefined)
    return { gain: given, words: `gain ${figure(given)} as given`, formula: givenGain(given, "as given") };
  if (!usage.preceding)
    return { gain: 1, words: "gain 1, no activation in front", formula: givenGain(1, "no activation in front") };
  const { secondMoment } = moments(resolveActivation(usage.preceding.activation));
  const gain = secondMoment > 0 ? 1 / Math.sqrt(secondMoment) : 1;
  return {
    gain,
    words: `gain ${figure(gain)} = 1/√E[φ²] for ${activationName(usage.preceding)} in front (E[φ²] = ${figure(secondMoment)})`,
    formula:
      secondMoment > 0
        ? { decides: "gain", term: quotient(number(1), root(unitMoment(usage.preceding))) }
        : givenGain(1, "the activation in front puts out 0"),
  };
}

/**
 * A wide matrix (rows < columns) with orthonormal rows has entries of variance 1/columns, as wanted; a tall one has
 * orthonormal columns and variance 1/rows: the length of the vector is kept, its entries shrink.
 */
function orthogonalChoice(usage: ParameterUsage, context: SchemeContext): Choice {
  const { gain, words, formula } = gainOf(usage, context);
  return {
    formula,
    initializer: orthogonalPerGate(usage, gain),
    why: `Saxe 2014: an orthogonal matrix stretches every direction alike; ${words}.`,
  };
}

export const orthogonal: Scheme = {
  name: "orthogonal",
  aliases: ["saxe"],
  source: "Saxe, McClelland & Ganguli 2014",
  summary: "random orthogonal matrices (kernels flattened), with the gain of the activation in front",
  values: [GAIN],
  rule: matrixRule(orthogonalChoice),
};

export const deltaOrthogonal: Scheme = {
  name: "delta-orthogonal",
  aliases: [],
  source: "Xiao et al. 2018",
  summary: "convolutions orthogonal at the centre tap and 0 elsewhere; matrices orthogonal",
  values: [GAIN],
  rule: matrixRule((usage, context) => {
    const [out = 0, input = 0] = usage.parameter.shape;
    if (usage.op === "conv" && usage.parameter.shape.length > 2 && out >= input) {
      const { gain, words, formula } = gainOf(usage, context);
      return {
        formula,
        initializer: { kind: "delta-orthogonal", gain },
        why: `Xiao 2018: the ${out} × ${input} centre tap is orthogonal and the rest 0, so the whole convolution is an isometry; ${words}.`,
      };
    }
    const choice = orthogonalChoice(usage, context);
    if (usage.parameter.shape.length <= 2) return choice;
    return { ...choice, why: `${choice.why} (Delta-orthogonal needs an ungrouped kernel with out ≥ in.)` };
  }),
};

export const nguyenWidrow: Scheme = {
  name: "nguyen-widrow",
  aliases: [],
  source: "Nguyen & Widrow 1990",
  summary: "hidden rows of length 0.7·H^(1/n), so that the units' linear regions tile the input range",
  values: [],
  rule: (usage, context) => {
    if (usage.part === "bias" && usage.fans.true.fanIn >= 1 && usage.owner !== null) {
      const owner = context.usages.byName.get(usage.owner);
      if (owner && owner.readout === null) {
        const beta = betaOf(owner);
        return {
          initializer: uniform(beta ** 2 / 3),
          why: `Nguyen & Widrow 1990: biases U(±β), β = ${figure(beta)}, spread the units' active regions over the input range.`,
        };
      }
    }
    if (!isMatrix(usage)) return unspoken(usage, context);
    if (usage.readout !== null)
      return {
        initializer: uniform(1 / 12),
        why: "Nguyen & Widrow 1990 speak of hidden layers; outputs start at U(±0.5).",
      };
    const beta = betaOf(usage);
    const { fanIn, fanOut } = usage.fans.torch;
    return {
      initializer: { kind: "nguyen-widrow", beta },
      why: `Nguyen & Widrow 1990: each row has length β = 0.7·H^(1/n) = 0.7·${figure(fanOut)}^(1/${figure(fanIn)}) = ${figure(beta)}.`,
      formula: {
        decides: "gain",
        term: product(number(0.7), power(fanOutTerm(fanOut), 1 / fanIn)),
      },
    };
  },
};

function betaOf(usage: ParameterUsage): number {
  const { fanIn, fanOut } = usage.fans.torch;
  return 0.7 * fanOut ** (1 / fanIn);
}

export const sinusoidal: Scheme = {
  name: "sinusoidal",
  aliases: [],
  source: "Fernández-Hernández et al. 2025 (arXiv:2505.12909)",
  summary: "deterministic rows of sines with the Glorot variance: no draw, balanced units",
  values: [],
  rule: matrixRule((usage) => {
    const { fanIn, fanOut } = usage.fans.torch;
    const std = Math.sqrt(2 / (fanIn + fanOut));
    return {
      initializer: { kind: "sinusoidal", std },
      why: `Fernández-Hernández 2025: row i is a sine of its own frequency, scaled to Glorot's variance 2/(${figure(fanIn)} + ${figure(fanOut)}), σ = ${figure(std)}; the seed does not matter.`,
    };
  }),
};

/** ω₀ of the sine that follows: the constant scale in between times the sine's own w0; null where no sine follows. */
function frequencyAfter(usage: ParameterUsage, context: SchemeContext): number | null {
  if (usage.output === null || !usage.activation) return null;
  const own = ownFrequency(usage.activation.activation);
  if (own === null) return null;
  let factor = own;
  let tensor = usage.output;
  for (;;) {
    const node = context.usages.graph.consumers.get(tensor)?.[0];
    if (!node || node === usage.activation) return factor;
    if (node.kind === "activation") factor *= Math.abs(linearSlope(node.activation) ?? 1);
    tensor = node.outputs[0] ?? "";
  }
}

/** ω₀ inside a sine or cosine; null for any other activation. */
function ownFrequency(reference: ActivationReference): number | null {
  if (reference.kind === "named")
    return reference.name === "sin" || reference.name === "cos" ? Math.abs(reference.parameters.w0 ?? 1) : null;
  if (reference.kind === "functions") return null;
  const { expression } = reference;
  if (expression.kind !== "unary" || (expression.fn !== "sin" && expression.fn !== "cos")) return null;
  const { arg } = expression;
  if (arg.kind === "x") return 1;
  if (arg.kind !== "binary" || arg.fn !== "mul") return null;
  const [number, other] = arg.left.kind === "number" ? [arg.left, arg.right] : [arg.right, arg.left];
  return number.kind === "number" && other.kind === "x" ? Math.abs(number.value) : null;
}

const DEFAULT_FREQUENCY = 30;

export const siren: Scheme = {
  name: "siren",
  aliases: [],
  source: "Sitzmann et al. 2020, section 3.2",
  summary: "sine networks: first layer U(±1/n), later U(±√(6/n)/ω₀), ω₀ read from the graph",
  values: [{ name: "w0", default: DEFAULT_FREQUENCY, meaning: "ω₀ where the graph does not show it" }],
  rule: (usage, context) => {
    const { fanIn } = usage.fans.torch;
    if (usage.part === "bias" && usage.owner !== null)
      return {
        initializer: uniform(1 / (3 * fanIn)),
        why: `Biases as the reference code leaves them: U(±1/√fan_in) = ±${figure(1 / Math.sqrt(fanIn))}.`,
        formula: overRoot(fanInTerm(fanIn)),
      };
    if (!isMatrix(usage)) return unspoken(usage, context);
    if (usage.first)
      return {
        initializer: uniform(1 / (3 * fanIn ** 2)),
        why: `Sitzmann 2020: first layer ±1/fan_in = ±${figure(1 / fanIn)}, so that ω₀·(Wx) spans about ω₀ of phase for |x| ≤ 1.`,
        formula: { decides: "bound", term: quotient(number(1), fanInTerm(fanIn)) },
      };
    const shown = frequencyAfter(usage, context) ?? neighbourFrequency(context);
    const frequency = context.values[0] ?? shown ?? DEFAULT_FREQUENCY;
    if (shown === null)
      context.warn({
        code: "no-sine",
        message: `siren is made for sine activations and the graph shows none; ω₀ = ${figure(frequency)} is assumed`,
      });
    const bound = Math.sqrt(6 / fanIn) / frequency;
    return {
      initializer: bound > 0 ? uniform(bound ** 2 / 3) : constant(0),
      why: `Sitzmann 2020: ±√(6/fan_in)/ω₀ = ±√(6/${figure(fanIn)})/${figure(frequency)} = ±${figure(bound)} keeps every sine's input at variance 1.`,
      formula: {
        decides: "bound",
        term: quotient(root(quotient(number(6), fanInTerm(fanIn))), quantity("ω₀", frequency, "the sine's frequency")),
      },
    };
  },
};

/** ω₀ of any sine in the model: what the layer behind the last sine is scaled by. */
function neighbourFrequency(context: SchemeContext): number | null {
  for (const usage of context.usages.byName.values()) {
    if (usage.part !== "weight") continue;
    const frequency = frequencyAfter(usage, context);
    if (frequency !== null) return frequency;
  }
  return null;
}
