export { type Packed, packLines, productsOf } from "./products.ts";
export { type Room, sharedRoom } from "./room.ts";
export { type Spectrum, spectrumOf } from "./spectrum.ts";
export { parameterStatistics, statisticsOf, type TensorLike } from "./statistics.ts";
export type { Histogram, LineSums, Slice, TensorStatistics, Values } from "./types.ts";
export { effortFor, workspace } from "./work.ts";
