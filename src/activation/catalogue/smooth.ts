/** Smooth relatives of the rectifier. */

import { add, divide, minimum, multiply, number, ONE, power, unary, x } from "../build.ts";
import type { Expression } from "../expression.ts";
import type { CatalogueEntry } from "./entry.ts";

const relu = unary("relu", x);
const negativePart = minimum(x, number(0));
const times = (factor: number) => multiply(number(factor), x);

/** relu(x) + alpha·(exp(min(x, 0)/width) − 1) */
function exponentialUnit(alpha: number, width: number): Expression {
  return add(relu, multiply(number(alpha), unary("expm1", divide(negativePart, number(width)))));
}

/** Klambauer 2017: the fixed point (mean 0, variance 1) of SELU; both numbers as PyTorch and JAX hold them. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const SMOOTH: readonly CatalogueEntry[] = [
  {
    name: "elu",
    formula: "x where x > 0, else alpha·(exp(x) − 1)",
    aliases: ["ELU"],
    parameters: [{ name: "alpha", default: 1 }],
    build: (p) => exponentialUnit(p.alpha, 1),
    reference: "Clevert 2016",
  },
  {
    name: "selu",
    formula: "1.0507·(x where x > 0, else 1.6733·(exp(x) − 1))",
    aliases: ["SELU"],
    parameters: [
      { name: "alpha", default: SELU_ALPHA },
      { name: "scale", default: SELU_SCALE, aliases: ["gamma"] },
    ],
    build: (p) =>
      add(multiply(number(p.scale), relu), multiply(number(p.scale * p.alpha), unary("expm1", negativePart))),
    reference: "Klambauer 2017",
    note: "E[φ(Z)] = 0 and E[φ(Z)²] = 1 at z ~ N(0, 1): its gain is 1 by construction.",
  },
  {
    name: "celu",
    formula: "x where x > 0, else alpha·(exp(x/alpha) − 1)",
    aliases: ["CELU"],
    parameters: [{ name: "alpha", default: 1 }],
    build: (p) => exponentialUnit(p.alpha, p.alpha),
    reference: "Barron 2017",
  },
  {
    name: "gelu",
    formula: "x·Φ(x) = x·(1 + erf(x/√2))/2",
    aliases: ["GELU", "gelu_none", "gelu_exact", "gelu_erf"],
    parameters: [],
    build: () => multiply(number(0.5), multiply(x, add(unary("erf", times(Math.SQRT1_2)), ONE))),
    reference: "Hendrycks & Gimpel 2016",
    note: "jax.nn.gelu means the tanh form unless approximate=False.",
  },
  {
    name: "gelu_tanh",
    formula: "x·(1 + tanh(√(2/π)(x + 0.044715x³)))/2",
    aliases: ["gelu_new", "gelu_approximate", "gelu_pytorch_tanh", "FastGelu"],
    parameters: [],
    build: () => {
      const inner = multiply(number(Math.sqrt(2 / Math.PI)), add(x, multiply(number(0.044715), power(x, number(3)))));
      return multiply(number(0.5), multiply(x, add(unary("tanh", inner), ONE)));
    },
    reference: "Hendrycks & Gimpel 2016",
  },
  {
    name: "quick_gelu",
    formula: "x·sigmoid(1.702x)",
    aliases: ["QuickGELU", "gelu_sigmoid"],
    parameters: [],
    build: () => multiply(x, unary("sigmoid", times(1.702))),
    reference: "Hendrycks & Gimpel 2016; Radford 2021 (CLIP)",
  },
  {
    name: "silu",
    formula: "x·sigmoid(x)",
    aliases: ["SiLU", "sigmoid_linear_unit"],
    parameters: [],
    build: () => multiply(x, unary("sigmoid", x)),
    reference: "Elfwing 2018; Hayou 2019",
  },
  {
    name: "swish",
    formula: "x·sigmoid(beta·x)",
    aliases: ["Swish"],
    parameters: [{ name: "beta", default: 1, aliases: ["alpha"] }],
    build: (p) => multiply(x, unary("sigmoid", times(p.beta))),
    reference: "Ramachandran 2017",
  },
  {
    name: "mish",
    formula: "x·tanh(softplus(x))",
    aliases: ["Mish"],
    parameters: [],
    build: () => multiply(x, unary("tanh", unary("softplus", x))),
    reference: "Misra 2019",
  },
  {
    name: "phish",
    formula: "x·tanh(gelu(x))",
    aliases: [],
    parameters: [],
    build: () => {
      const gelu = multiply(number(0.5), multiply(x, add(unary("erf", times(Math.SQRT1_2)), ONE)));
      return multiply(x, unary("tanh", gelu));
    },
    reference: "Naveen 2022",
  },
  {
    name: "softplus",
    formula: "log(1 + exp(beta·x))/beta",
    aliases: ["Softplus", "soft_plus", "SmoothReLU"],
    parameters: [
      { name: "beta", default: 1 },
      { name: "threshold", default: 20 },
    ],
    build: (p) => divide(unary("softplus", times(p.beta)), number(p.beta)),
    reference: "Dugas 2001; Glorot 2011",
    note: "PyTorch returns x where beta·x > threshold; at the default 20 that differs by 2e-9 and is left out here.",
  },
  {
    name: "squareplus",
    formula: "(x + √(x² + b))/2",
    aliases: ["Squareplus"],
    parameters: [{ name: "b", default: 4 }],
    build: (p) => multiply(number(0.5), add(x, unary("sqrt", add(multiply(x, x), number(p.b))))),
    reference: "Barron 2021",
  },
  {
    name: "exp",
    formula: "exp(x)",
    aliases: ["exponential"],
    parameters: [],
    build: () => unary("exp", x),
    reference: "Keras 3, activations.exponential",
  },
];
