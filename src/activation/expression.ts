/** Expressions in one variable, as plain data: what activations are made of, what is differentiated, run and printed. */

/** Functions of one argument that an expression may call. */
export type UnaryFunction =
  | "neg"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sqrt"
  | "abs"
  | "sign"
  | "step"
  | "sin"
  | "cos"
  | "tan"
  | "atan"
  | "tanh"
  | "sinh"
  | "cosh"
  | "erf"
  | "sigmoid"
  | "softplus"
  | "relu"
  | "reciprocal"
  | "floor";

export type BinaryFunction = "add" | "sub" | "mul" | "div" | "pow" | "min" | "max";

export type Expression =
  | { readonly kind: "x" }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "unary"; readonly fn: UnaryFunction; readonly arg: Expression }
  | { readonly kind: "binary"; readonly fn: BinaryFunction; readonly left: Expression; readonly right: Expression };
