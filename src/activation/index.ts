export {
  add,
  binary,
  divide,
  maximum,
  minimum,
  multiply,
  negate,
  number,
  power,
  simplify,
  substitute,
  subtract,
  unary,
  x,
} from "./build.ts";
export { CATALOGUE, type CatalogueEntry, findEntry, type ParameterSpec } from "./catalogue/index.ts";
export { compile } from "./compile.ts";
export { differentiate } from "./differentiate.ts";
export type { BinaryFunction, Expression, UnaryFunction } from "./expression.ts";
export { features, kinks } from "./kinks.ts";
export { print } from "./print.ts";
export { activationByName, activationReference, resolveActivation } from "./resolve.ts";
export type { Activation } from "./types.ts";
