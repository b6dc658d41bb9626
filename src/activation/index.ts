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
export { describeCatalogue } from "./describe.ts";
export { differentiate } from "./differentiate.ts";
export type { BinaryFunction, Expression, UnaryFunction } from "./expression.ts";
export { referenceKey } from "./from-functions.ts";
export { features, kinks } from "./kinks.ts";
export { type CorrelationMap, correlationMap, type Gaussian1 } from "./maps/correlation.ts";
export { type CriticalPoint, criticalPoint, edgeOfChaos } from "./maps/critical.ts";
export { attractor, type DepthScales, depthScales, saturation } from "./maps/depth.ts";
export { type FieldReport, type GainReport, gainReport } from "./maps/report.ts";
export { unitGain } from "./maps/unit-gain.ts";
export {
  type FixedPoint,
  type FixedPoints,
  fixedPoints,
  type MeanField,
  stability,
  varianceMap,
} from "./maps/variance.ts";
export { verdict } from "./maps/verdict.ts";
export { type ActivationMoments, type GaussianInput, gain, moments, quadratureMoments } from "./moments.ts";
export { parseExpression } from "./parse.ts";
export { print } from "./print.ts";
export { recognise } from "./recognise.ts";
export type { ActivationReference } from "./reference.ts";
export { activationByName, activationReference, resolveActivation } from "./resolve.ts";
export { sameFunction } from "./same.ts";
export type { Activation } from "./types.ts";
