export { parameterStatistics, statisticsOf, type TensorLike } from "./statistics.ts";
export type { Histogram, LineSums, Slice, TensorStatistics, Values } from "./types.ts";
