/** What is wrong with the weights that are there, and where they came from. */

export {
  type Family,
  type IdentifiedParameter,
  identify,
  identifyModel,
  type Likeness,
  type TensorUse,
  usageOf,
} from "./looks-like/index.ts";
export {
  type Histogram,
  parameterStatistics,
  statisticsOf,
  type TensorLike,
  type TensorStatistics,
} from "./statistics/index.ts";
export type * from "./types.ts";
