/** Plan → weights: in memory, or streamed into any sink. Writing files (Node) is in `write-file.ts`. */

export { type InitializeOptions, initialize } from "./initialize.ts";
export { type Shard, shardOf } from "./shard.ts";
export { type StreamOptions, streamWeights, type WeightDtype, weightMetadata } from "./stream.ts";
export { type ReadValues, type TileOptions, tensorTiles } from "./tiles.ts";
export { STREAMS, type StreamName, type ValueSource, valueSource } from "./values.ts";
