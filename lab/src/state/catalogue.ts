/** Names for people of what several screens let choose; each screen picks its own. */

export const ACTIVATIONS = {
  tanh: "tanh",
  logistic: "logistic",
  relu: "ReLU",
  "leaky_relu(0.1)": "leaky ReLU, slope 0.1",
  elu: "ELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  mish: "Mish",
  softplus: "softplus",
  softsign: "softsign",
  hard_tanh: "hard tanh",
  sin: "sine",
  identity: "none (linear)",
} as const;

export const SCHEMES = {
  auto: "auto: solved for this network",
  "one-over-root-n": "1/√n rule: U(−1/√n, 1/√n)",
  torch: "PyTorch's default",
  keras: "Keras' default",
  tfjs: "TF.js' default",
  jax: "JAX's usual default",
  "glorot-uniform": "Glorot uniform (Xavier)",
  "glorot-normal": "Glorot normal",
  "he-uniform": "He uniform",
  "he-normal": "He normal (Kaiming)",
  "lecun-uniform": "LeCun uniform",
  "lecun-normal": "LeCun normal",
  orthogonal: "orthogonal",
  "delta-orthogonal": "delta-orthogonal",
  critical: "edge of chaos",
  "nguyen-widrow": "Nguyen–Widrow",
  sinusoidal: "sinusoidal",
  siren: "SIREN (sine networks)",
  gpt2: "GPT-2",
  deepnorm: "DeepNorm",
  fixup: "Fixup",
  "t-fixup": "T-Fixup",
  "zero-gamma": "zero-γ (residual networks)",
  mup: "μP",
  "mean-field": "a point of the phase map: σ_w² and σ_b²",
  zeros: "zeros",
  "constant(0.05)": "all weights 0.05",
  "gpt2(0.02)": "N(0, 0.02²)",
  "gpt2(1)": "N(0, 1)",
} as const;

/** Some of the names, in this order. @example pick(ACTIVATIONS, "tanh", "relu") // { tanh: "tanh", relu: "ReLU" } */
export function pick<Names extends Readonly<Record<string, string>>, Word extends keyof Names>(
  names: Names,
  ...words: readonly Word[]
): Pick<Names, Word> {
  // What the words pick is what the type says, which fromEntries forgets.
  return Object.fromEntries(words.map((word) => [word, names[word]])) as Pick<Names, Word>;
}
