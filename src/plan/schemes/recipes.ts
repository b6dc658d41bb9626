/** Published recipes for residual networks and for width: GPT-2, DeepNorm, Fixup, T-Fixup, μP. */

import { number, power, product, quantity, quotient, root, square, type Term } from "../derivation/term.ts";
import type { ParameterUsage } from "../usage/types.ts";
import { figure } from "../words.ts";
import { fanInTerm, fanOutTerm, overBothFans, overFanIn, scaledBy } from "./formulas.ts";
import { constant, normal, zeros } from "./laws.ts";
import { isMatrix, matrixRule, unspoken } from "./named.ts";
import type { Choice, Scheme, SchemeContext } from "./types.ts";

/** Residual branches in the stream that a weight belongs to; 0 if it belongs to none. */
function branches(usage: ParameterUsage, context: SchemeContext): number {
  return usage.residual ? (context.usages.streams[usage.residual.stream] ?? 0) : 0;
}

/** Branches of the longest stream: for weights outside of any. */
function longest(context: SchemeContext): number {
  return context.usages.streams.reduce((a, b) => Math.max(a, b), 0);
}

const isProjection = (usage: ParameterUsage) =>
  usage.residual !== null && usage.residual.members.at(-1) === usage.node && usage.node !== null;

const isTable = (usage: ParameterUsage) =>
  usage.part === "table" || usage.part === "position" || usage.part === "token";

export const gpt2: Scheme = {
  name: "gpt2",
  aliases: ["gpt-2"],
  source: "Radford et al. 2019, section 2.3; std 0.02 from Radford 2018",
  summary: "N(0, 0.02²) everywhere, the last weight of each residual branch divided by √(number of branches), biases 0",
  values: [{ name: "std", default: 0.02, meaning: "standard deviation of every matrix and table" }],
  rule: (usage, context) => {
    const std = context.values[0] ?? 0.02;
    if (isTable(usage))
      return { initializer: normal(std ** 2), why: `GPT-2 (Radford 2019): tables N(0, ${figure(std)}²).` };
    if (!isMatrix(usage)) return unspoken(usage, context);
    const count = branches(usage, context);
    if (!isProjection(usage) || count === 0)
      return { initializer: normal(std ** 2), why: `GPT-2 (Radford 2019): N(0, ${figure(std)}²) whatever the fan.` };
    const scaled = std / Math.sqrt(count);
    return {
      initializer: normal(scaled ** 2),
      why: `GPT-2 (Radford 2019): writes into the residual stream, so ${figure(std)}/√(number of branches) = ${figure(std)}/√${count} = ${figure(scaled)}; the ${count} branches together add what one would.`,
      formula: {
        decides: "std",
        term: quotient(quantity("std", std, "the recipe's number"), root(quantity("branches", count, "of the stream"))),
      },
    };
  },
};

export const deepnorm: Scheme = {
  name: "deepnorm",
  aliases: ["deepnet"],
  source: "Wang et al. 2022, figure 2 (encoder-only or decoder-only)",
  summary: "post-norm transformers: Glorot, with value, output and feed-forward weights times (8N)^(−1/4)",
  values: [],
  rule: (usage, context) => {
    if (!isMatrix(usage)) return unspoken(usage, context);
    const { fanIn, fanOut } = usage.fans.torch;
    const glorot = 2 / (fanIn + fanOut);
    const count = branches(usage, context);
    if (count === 0)
      return {
        initializer: normal(glorot),
        why: `Outside the residual blocks: Glorot normal, σ = ${figure(Math.sqrt(glorot))}.`,
        formula: overBothFans(usage.fans.torch),
      };
    const layers = Math.max(1, count / 2);
    const beta = (8 * layers) ** -0.25;
    context.warn({
      code: "deepnorm-skip",
      message: `DeepNorm is also a change of the graph: every skip must be multiplied by α = (2N)^(1/4) = ${figure((2 * layers) ** 0.25)}; the weights alone are half of it`,
    });
    const onlyScores =
      usage.attention !== null && (usage.attention.query || usage.attention.key) && !usage.attention.value;
    if (onlyScores)
      return {
        initializer: normal(glorot),
        why: `DeepNorm (Wang 2022): query and key keep gain 1, Glorot σ = ${figure(Math.sqrt(glorot))}.`,
        formula: overBothFans(usage.fans.torch),
      };
    if (usage.attention?.query && usage.attention.value) return fusedDeepnorm(usage, glorot, beta);
    return {
      initializer: normal(glorot * beta ** 2),
      why: `DeepNorm (Wang 2022): Glorot σ ${figure(Math.sqrt(glorot))} times β = (8N)^(−1/4) = ${figure(beta)}, N = ${figure(layers)} layers.`,
      formula: scaledBy(
        overBothFans(usage.fans.torch),
        power(product(number(8), quantity("N", layers, "layers")), -0.25),
      ),
    };
  },
};

/** A fused query-key-value matrix: the last third (values) is scaled, the others are not. */
function fusedDeepnorm(usage: ParameterUsage, glorot: number, beta: number): Choice {
  const rows = usage.parameter.shape[0] ?? 0;
  const fanIn = usage.fans.true.fanIn;
  // Fan-out of one of the three projections, not of the three together.
  const each = (glorot * (fanIn + rows)) / (fanIn + rows / 3);
  if (rows % 3 !== 0)
    return {
      initializer: normal(glorot),
      why: "DeepNorm (Wang 2022): a fused matrix that is not three equal blocks; Glorot.",
    };
  return {
    initializer: {
      kind: "blocks",
      parts: [
        { size: (2 * rows) / 3, initializer: normal(each) },
        { size: rows / 3, initializer: normal(each * beta ** 2) },
      ],
    },
    why: `DeepNorm (Wang 2022): in the fused matrix query and key have Glorot's σ = ${figure(Math.sqrt(each))}, value that times β = ${figure(beta)}.`,
  };
}

export const fixup: Scheme = {
  name: "fixup",
  aliases: [],
  source: "Zhang, Dauphin & Ma 2019, section 3",
  summary: "residual nets without norm: last weight of each branch and the classifier 0, the others He × L^(−1/(2m−2))",
  values: [],
  rule: matrixRule((usage, context) => {
    const he = 2 / usage.fans.torch.fanIn;
    if (isProjection(usage))
      return {
        initializer: zeros,
        why: "Fixup (Zhang 2019), rule 1: the last weight of a residual branch is 0, so every block starts as the identity.",
      };
    if (usage.readout !== null)
      return {
        initializer: zeros,
        why: "Fixup (Zhang 2019), rule 1: the classification layer is 0, so the first loss is ln(classes).",
      };
    const count = branches(usage, context);
    const members = usage.residual?.members.length ?? 0;
    if (count === 0 || members < 2)
      return {
        initializer: normal(he),
        why: `Outside the residual branches: He 2015, σ = √(2/${figure(usage.fans.torch.fanIn)}).`,
        formula: overFanIn(number(2), usage.fans.torch.fanIn),
      };
    const factor = count ** (-1 / (2 * members - 2));
    return {
      initializer: normal(he * factor ** 2),
      why: `Fixup (Zhang 2019), rule 2: He's σ times L^(−1/(2m−2)) = ${count}^(−1/${2 * members - 2}) = ${figure(factor)}, m = ${members} weights in the branch.`,
      formula: scaledBy(
        overFanIn(number(2), usage.fans.torch.fanIn),
        power(quantity("L", count, "residual branches"), -1 / (2 * members - 2)),
      ),
    };
  }),
};

/** 0.67·N^(−1/4). */
const huang = (layers: number): Term => product(number(0.67), power(quantity("N", layers, "layers"), -0.25));

export const tFixup: Scheme = {
  name: "t-fixup",
  aliases: ["tfixup"],
  source: "Huang, Pérez, Ba & Volkovs 2020",
  summary:
    "transformers without warm-up: Glorot; embeddings, value, output and feed-forward weights times 0.67·N^(−1/4)",
  values: [],
  rule: (usage, context) => {
    const layers = Math.max(1, longest(context) / 2);
    const factor = 0.67 * layers ** -0.25;
    if (usage.part === "table") {
      const features = usage.parameter.shape.at(-1) ?? 1;
      return {
        initializer: normal(factor ** 2 / features),
        why: `T-Fixup (Huang 2020): embeddings N(0, 1/features) times 0.67·N^(−1/4) = ${figure(factor)}.`,
        formula: scaledBy(
          { decides: "variance", term: quotient(number(1), quantity("features", features, "entries in a row")) },
          huang(layers),
        ),
      };
    }
    if (!isMatrix(usage)) return unspoken(usage, context);
    const { fanIn, fanOut } = usage.fans.torch;
    const glorot = 2 / (fanIn + fanOut);
    const scores = usage.attention !== null && !usage.attention.value;
    const scaled = branches(usage, context) > 0 && !scores && !usage.attention?.query;
    return {
      initializer: normal(scaled ? glorot * factor ** 2 : glorot),
      why: scaled
        ? `T-Fixup (Huang 2020): Glorot's σ ${figure(Math.sqrt(glorot))} times 0.67·N^(−1/4) = ${figure(factor)}, N = ${figure(layers)} layers.`
        : `T-Fixup (Huang 2020): Glorot, σ = ${figure(Math.sqrt(glorot))}.`,
      formula: scaled ? scaledBy(overBothFans(usage.fans.torch), huang(layers)) : overBothFans(usage.fans.torch),
    };
  },
};

export const mup: Scheme = {
  name: "mup",
  aliases: ["μp", "maximal-update"],
  source: "Yang et al. 2021, table 3",
  summary: "maximal update: hidden Var 1/fan_in, readout Var base/fan_in², inputs and biases as at the base width",
  values: [{ name: "base", default: 64, meaning: "width at which the learning rate was tuned" }],
  rule: (usage, context) => {
    const base = context.values[0] ?? 64;
    if (usage.part === "bias") return { initializer: zeros, why: "μP (Yang 2021): biases 0 at any width." };
    if (isTable(usage)) return { initializer: normal(1), why: "μP (Yang 2021): input tables N(0, 1) at any width." };
    if (!isMatrix(usage)) return unspoken(usage, context);
    const { fanIn } = usage.fans.torch;
    context.warn({
      code: "mup-learning-rate",
      message: `μP is half initialization, half learning rate: with Adam, divide the rate of every hidden matrix by width/${figure(base)}, and scale attention scores by 1/d instead of 1/√d`,
    });
    if (usage.readout !== null)
      return {
        initializer: normal(base / fanIn ** 2),
        why: `μP (Yang 2021, table 3): readout Var = base/fan_in² = ${figure(base)}/${figure(fanIn)}², so that logits stay level when the width grows.`,
        formula: {
          decides: "variance",
          term: quotient(quantity("base", base, "width of the tuned model"), square(fanInTerm(fanIn))),
        },
      };
    if (usage.first)
      return {
        initializer: normal(1 / fanIn),
        why: `μP (Yang 2021): input layer Var = 1/fan_in = 1/${figure(fanIn)}; its fan-in does not grow with the width.`,
        formula: overFanIn(number(1), fanIn),
      };
    return {
      initializer: normal(1 / fanIn),
      why: `μP (Yang 2021, table 3): hidden Var = 1/fan_in = 1/${figure(fanIn)}, and a learning rate that falls with the width.`,
      formula: overFanIn(number(1), fanIn),
    };
  },
};

/** Residual networks with norm: the last scale of each branch at 0 (Goyal 2017). */
export const zeroGamma: Scheme = {
  name: "zero-gamma",
  aliases: ["goyal"],
  source: "Goyal et al. 2017, section 5.1; He 2015",
  summary:
    "He normal (fan out), and the last normalization scale of each residual branch 0: blocks start as the identity",
  values: [],
  rule: (usage, context) => {
    if (usage.part === "scale" && usage.writes)
      return {
        initializer: constant(0),
        why: "Goyal 2017: the last scale of a residual branch is 0, so the block starts as the identity.",
      };
    return isMatrix(usage) ? heFanOut(usage) : unspoken(usage, context);
  },
};

function heFanOut(usage: ParameterUsage): Choice {
  const { fanOut } = usage.fans.torch;
  if (usage.readout !== null) return { initializer: normal(0.01 ** 2), why: "Goyal 2017: the classifier N(0, 0.01²)." };
  return {
    initializer: normal(2 / fanOut),
    why: `He 2015, fan out: Var(W) = 2/${figure(fanOut)} keeps the gradient through ReLU.`,
    formula: { decides: "variance", term: quotient(number(2), fanOutTerm(fanOut)) },
  };
}
