/** Every initializer with its names in PyTorch, Keras, JAX and TensorFlow.js, and how to make it from a weight's shape. */

import { type FanOptions, fans } from "./fans.ts";
import * as rules from "./named-rules.ts";
import * as kinds from "./structured.ts";
import type { Fans, Initializer } from "./types.ts";
import { type FanSource, type RuleOptions, varianceScaling } from "./variance-scaling.ts";

export type Framework = "torch" | "keras" | "jax" | "tfjs";

export interface InitializerEntry {
  /** This library's name. */
  readonly name: string;
  /** What the frameworks call the same distribution. Only names whose default is this very rule are listed. */
  readonly aliases: Readonly<Partial<Record<Framework, readonly string[]>>>;
  readonly summary: string;
  readonly source: string;
  /** With the rule's defaults, for a weight of this shape or these fans. */
  readonly create: (source: FanSource, options?: RuleOptions) => Initializer;
}

function fansFrom(source: FanSource, options?: FanOptions): Fans {
  const { fanIn, fanOut } = "length" in source ? fans(source, options) : source;
  if (fanIn !== undefined && fanOut !== undefined) return { fanIn, fanOut };
  throw new RangeError(`initializer: needs both fans, got fanIn ${fanIn} and fanOut ${fanOut}; pass a shape or both`);
}

/** [name, summary, source, constructor, aliases by framework (space separated)]. */
type Row = readonly [string, string, string, InitializerEntry["create"], Readonly<Partial<Record<Framework, string>>>];

const rows: readonly Row[] = [
  ["zeros", "all 0", "", () => kinds.zeros(), { torch: "zeros_", keras: "zeros Zeros", jax: "zeros", tfjs: "zeros" }],
  ["ones", "all 1", "", () => kinds.ones(), { torch: "ones_", keras: "ones Ones", jax: "ones", tfjs: "ones" }],
  [
    "constant",
    "all one number (default 0)",
    "",
    () => kinds.constant(0),
    { torch: "constant_", keras: "constant Constant", jax: "constant", tfjs: "constant" },
  ],
  [
    "uniform",
    "U(±0.05), Keras' default range; any other through uniform(low, high)",
    "Keras RandomUniform",
    (_, options) => kinds.uniform(-0.05, 0.05, options),
    { keras: "random_uniform RandomUniform uniform", tfjs: "randomUniform" },
  ],
  [
    "normal",
    "N(0, 0.05²), Keras' default; any other through normal(mean, std)",
    "Keras RandomNormal",
    (_, options) => kinds.normal(0, 0.05, options),
    { keras: "random_normal RandomNormal normal", tfjs: "randomNormal" },
  ],
  [
    "truncated-normal",
    "N(0, 0.05²) cut at ±2σ, std before the cut; other bounds or std after the cut through truncatedNormal",
    "Keras TruncatedNormal; torch.nn.init.trunc_normal_",
    (_, { rowCentred = false } = {}) => kinds.truncatedNormal(0, 0.05, { rowCentred }),
    { keras: "truncated_normal TruncatedNormal", tfjs: "truncatedNormal" },
  ],
  [
    "variance-scaling",
    "variance 1/fan-in, truncated at ±2σ; any scale, fan and distribution through varianceScaling",
    "He et al. 2015; Glorot & Bengio 2010",
    (source, options) => varianceScaling(options)(source, options),
    { keras: "variance_scaling VarianceScaling", jax: "variance_scaling", tfjs: "varianceScaling" },
  ],
  [
    "one-over-root-n",
    "U(±1/√fan-in): PyTorch's default of Linear and Conv, weight and bias",
    "LeCun et al. 1998; Glorot & Bengio 2010, eq. 1",
    rules.oneOverRootN,
    {},
  ],
  [
    "lecun-uniform",
    "U(±√(3/fan-in))",
    "LeCun et al. 1998",
    rules.lecunUniform,
    { keras: "lecun_uniform LecunUniform", jax: "lecun_uniform", tfjs: "leCunUniform" },
  ],
  ["lecun-normal", "N(0, 1/fan-in)", "LeCun et al. 1998", rules.lecunNormal, {}],
  [
    "lecun-truncated-normal",
    "variance 1/fan-in after a cut at ±2σ",
    "LeCun et al. 1998; JAX lecun_normal",
    rules.lecunTruncatedNormal,
    { keras: "lecun_normal LecunNormal", jax: "lecun_normal" },
  ],
  [
    "glorot-uniform",
    "U(±√(6/(fan-in + fan-out)))",
    "Glorot & Bengio 2010, eq. 16",
    rules.glorotUniform,
    {
      torch: "xavier_uniform_",
      keras: "glorot_uniform GlorotUniform",
      jax: "glorot_uniform xavier_uniform",
      tfjs: "glorotUniform",
    },
  ],
  [
    "glorot-normal",
    "N(0, 2/(fan-in + fan-out))",
    "Glorot & Bengio 2010",
    rules.glorotNormal,
    { torch: "xavier_normal_" },
  ],
  [
    "glorot-truncated-normal",
    "variance 2/(fan-in + fan-out) after a cut at ±2σ",
    "Glorot & Bengio 2010; JAX glorot_normal",
    rules.glorotTruncatedNormal,
    { keras: "glorot_normal GlorotNormal", jax: "glorot_normal xavier_normal" },
  ],
  [
    "he-uniform",
    "U(±√(6/fan-in))",
    "He et al. 2015",
    rules.heUniform,
    { torch: "kaiming_uniform_", keras: "he_uniform HeUniform", jax: "he_uniform kaiming_uniform", tfjs: "heUniform" },
  ],
  ["he-normal", "N(0, 2/fan-in)", "He et al. 2015, eq. 10", rules.heNormal, { torch: "kaiming_normal_" }],
  [
    "he-truncated-normal",
    "variance 2/fan-in after a cut at ±2σ",
    "He et al. 2015; JAX he_normal",
    rules.heTruncatedNormal,
    { keras: "he_normal HeNormal", jax: "he_normal kaiming_normal" },
  ],
  [
    "lecun-truncated-normal-before",
    "variance 1/fan-in before a cut at ±2σ, 0.774 of it after",
    "TensorFlow.js leCunNormal",
    (source, options) => rules.lecunTruncatedNormal(source, { ...options, stdOf: "parent" }),
    { tfjs: "leCunNormal" },
  ],
  [
    "glorot-truncated-normal-before",
    "variance 2/(fan-in + fan-out) before a cut at ±2σ, 0.774 of it after",
    "TensorFlow.js glorotNormal",
    (source, options) => rules.glorotTruncatedNormal(source, { ...options, stdOf: "parent" }),
    { tfjs: "glorotNormal" },
  ],
  [
    "he-truncated-normal-before",
    "variance 2/fan-in before a cut at ±2σ, 0.774 of it after",
    "TensorFlow.js heNormal",
    (source, options) => rules.heTruncatedNormal(source, { ...options, stdOf: "parent" }),
    { tfjs: "heNormal" },
  ],
  [
    "orthogonal",
    "orthonormal rows or columns, Haar-distributed",
    "Saxe et al. 2014",
    () => kinds.orthogonal(),
    {
      torch: "orthogonal_",
      keras: "orthogonal Orthogonal OrthogonalInitializer",
      jax: "orthogonal",
      tfjs: "orthogonal",
    },
  ],
  [
    "delta-orthogonal",
    "orthogonal at the kernel's centre, 0 elsewhere",
    "Xiao et al. 2018",
    () => kinds.deltaOrthogonal(),
    { jax: "delta_orthogonal" },
  ],
  [
    "identity",
    "1 on the diagonal",
    "Le, Jaitly & Hinton 2015",
    () => kinds.identity(),
    { torch: "eye_", keras: "identity Identity IdentityInitializer", tfjs: "identity" },
  ],
  [
    "dirac",
    "convolution that passes its channels on",
    "torch.nn.init.dirac_",
    () => kinds.dirac(),
    { torch: "dirac_" },
  ],
  [
    "sparse",
    "N(0, 0.01²), a tenth of each column 0; other shares through sparse(sparsity)",
    "Martens 2010",
    () => kinds.sparse(0.1),
    { torch: "sparse_" },
  ],
  [
    "nguyen-widrow",
    "rows of length 0.7·H^(1/n)",
    "Nguyen & Widrow 1990",
    (source, options) => kinds.nguyenWidrow(fansFrom(source, options)),
    {},
  ],
  [
    "siren-first",
    "U(±1/fan-in): first layer of a sine network",
    "Sitzmann et al. 2020",
    (source, options) => rules.siren(source, { ...options, first: true }),
    {},
  ],
  [
    "siren",
    "U(±√(6/fan-in)/30): later layers of a sine network",
    "Sitzmann et al. 2020",
    (source, options) => rules.siren(source, options),
    {},
  ],
  ["bilinear", "upsampling filters on the diagonal", "Long et al. 2015", () => kinds.bilinear(), {}],
  [
    "sinusoidal",
    "deterministic rows of sines, Glorot's variance",
    "Fernández-Hernández et al. 2025",
    (source, options) => kinds.sinusoidal(fansFrom(source, options)),
    {},
  ],
  [
    "forget-gate-one",
    "LSTM bias: forget gate 1, other gates 0 (four equal blocks)",
    "Gers et al. 2000; Jozefowicz et al. 2015",
    (source) => kinds.forgetGateBias(hiddenOf(source)),
    {},
  ],
];

/** Hidden units of an LSTM bias of shape [4·hidden]. */
function hiddenOf(source: FanSource): number {
  const size = "length" in source ? source[0] : undefined;
  if (size !== undefined && size > 0 && size % 4 === 0) return size / 4;
  throw new RangeError(`forget-gate-one: needs the shape [4·hidden] of an LSTM bias, got ${JSON.stringify(source)}`);
}

/** All initializers, in the order of documentation. */
export const initializers: readonly InitializerEntry[] = rows.map(([name, summary, source, create, aliases]) => ({
  name,
  summary,
  source,
  create,
  aliases: {
    ...(aliases.torch === undefined ? {} : { torch: aliases.torch.split(" ") }),
    ...(aliases.keras === undefined ? {} : { keras: aliases.keras.split(" ") }),
    ...(aliases.jax === undefined ? {} : { jax: aliases.jax.split(" ") }),
    ...(aliases.tfjs === undefined ? {} : { tfjs: aliases.tfjs.split(" ") }),
  },
}));

/** Order of search: PyTorch first where two frameworks give one word different meanings. */
const FRAMEWORKS: readonly Framework[] = ["torch", "keras", "jax", "tfjs"];

/**
 * The initializer that a name means: ours, or a framework's.
 *
 * @param name as written there: "he-normal", "kaiming_normal_", "GlorotUniform", "delta_orthogonal".
 *   Names are exact: Keras' `he_normal` is the truncated one, ours (`he-normal`) is not.
 * @param options.framework look among this framework's names only. Default: ours, then PyTorch, Keras, JAX, TF.js.
 * @returns null when nothing bears the name.
 * @example initializerByName("kaiming_normal_")?.create([256, 784])
 */
export function initializerByName(
  name: string,
  { framework }: { readonly framework?: Framework } = {},
): InitializerEntry | null {
  const own = initializers.find((entry) => entry.name === name);
  if (framework === undefined && own) return own;
  for (const among of framework === undefined ? FRAMEWORKS : [framework]) {
    const found = initializers.find((entry) => entry.aliases[among]?.includes(name));
    if (found) return found;
  }
  return null;
}
