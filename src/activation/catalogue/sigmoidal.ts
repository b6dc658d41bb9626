/** S-shaped units, and those made from them. */

import { add, divide, multiply, negate, number, ONE, subtract, unary, x } from "../build.ts";
import type { CatalogueEntry } from "./entry.ts";

const times = (factor: number) => multiply(number(factor), x);

export const SIGMOIDAL: readonly CatalogueEntry[] = [
  {
    name: "sigmoid",
    formula: "1/(1 + exp(−x))",
    aliases: ["Sigmoid", "expit"],
    parameters: [],
    build: () => unary("sigmoid", x),
    reference: "Rumelhart, Hinton & Williams 1986",
  },
  {
    name: "logistic",
    formula: "1/(1 + exp(−beta·x))",
    aliases: ["logistic_sigmoid"],
    parameters: [{ name: "beta", default: 1, aliases: ["slope"] }],
    build: (p) => unary("sigmoid", times(p.beta)),
    reference: "Thimm, Moerland & Fiesler 1996 (slope, learning rate and weights)",
  },
  {
    name: "log_sigmoid",
    formula: "−log(1 + exp(−x))",
    aliases: ["LogSigmoid"],
    parameters: [],
    build: () => negate(unary("softplus", negate(x))),
    reference: "PyTorch 2.x, torch.nn.LogSigmoid",
  },
  {
    name: "tanh",
    formula: "tanh(x)",
    aliases: ["Tanh", "hyperbolic_tangent"],
    parameters: [],
    build: () => unary("tanh", x),
    reference: "LeCun 1998; Poole 2016",
  },
  {
    name: "lecun_tanh",
    formula: "1.7159·tanh(2x/3)",
    aliases: ["scaled_tanh", "stanh"],
    parameters: [],
    build: () => multiply(number(1.7159), unary("tanh", times(2 / 3))),
    reference: "LeCun 1998, section 4.4",
  },
  {
    name: "tanhshrink",
    formula: "x − tanh(x)",
    aliases: ["Tanhshrink"],
    parameters: [],
    build: () => subtract(x, unary("tanh", x)),
    reference: "PyTorch 2.x, torch.nn.Tanhshrink",
  },
  {
    name: "softsign",
    formula: "x/(1 + |x|)",
    aliases: ["Softsign", "soft_sign"],
    parameters: [],
    build: () => divide(x, add(unary("abs", x), ONE)),
    reference: "Bergstra 2009; Glorot & Bengio 2010",
  },
  {
    name: "arctan",
    formula: "arctan(x)",
    aliases: ["atan"],
    parameters: [],
    build: () => unary("atan", x),
    reference: "ONNX operator Atan",
  },
  {
    name: "erf",
    formula: "erf(x)",
    aliases: ["Erf", "error_function"],
    parameters: [],
    build: () => unary("erf", x),
    reference: "Williams 1997 (computing with infinite networks)",
  },
  {
    name: "gaussian",
    formula: "exp(−x²)",
    aliases: ["rbf", "gauss"],
    parameters: [],
    build: () => unary("exp", negate(multiply(x, x))),
    reference: "Williams 1997",
  },
  {
    name: "sparse_sigmoid",
    formula: "min(max((x + 1)/2, 0), 1)",
    aliases: ["sparse_plus_sigmoid"],
    parameters: [],
    build: () => {
      const half = multiply(number(0.5), add(x, ONE));
      return subtract(unary("relu", half), unary("relu", add(half, number(-1))));
    },
    reference: "JAX 0.4, jax.nn.sparse_sigmoid",
  },
];
