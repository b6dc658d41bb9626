/** What is wrong with the weights that are there, and where they came from. */

export { type CheckOptions, checkModel } from "./check.ts";
export { dataFacts, type Rows } from "./data.ts";
export { type Fix, fixModel, type Redrawn } from "./fix.ts";
export {
  type Family,
  type IdentifiedParameter,
  identify,
  identifyModel,
  type Likeness,
  type TensorUse,
  usageOf,
} from "./looks-like/index.ts";
export { tensorsToRedraw } from "./mend.ts";
export { RULES, type Rule, type Threshold } from "./rules/index.ts";
export { type Settings, type SettingsInput, settingsOf } from "./settings.ts";
export {
  type Histogram,
  parameterStatistics,
  statisticsOf,
  type TensorLike,
  type TensorStatistics,
} from "./statistics/index.ts";
export * from "./types.ts";
