export { bivariateCdf, bivariateDensity, orthantProbability } from "./bivariate.ts";
export { erf, erfc, erfcx } from "./error-function.ts";
export {
  type Expectation,
  type ExpectationOptions,
  type Expectations,
  expectation,
  expectations,
  type Feature,
  type VectorFunction,
  type VectorOptions,
} from "./expectation.ts";
export { correlationSlope, expectation2, type Jump, type Side } from "./expectation2.ts";
export { type LegendreRule, legendreRule } from "./legendre.ts";
export { erfInverse, normalCdf, normalDensity, normalQuantile, normalTail } from "./normal.ts";
export { type Panel, panelsBetween } from "./panels.ts";
export { studentQuantile, studentTail } from "./student.ts";
