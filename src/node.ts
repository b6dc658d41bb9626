/** The library's door to files, for Node: `import { openModel, writeWeights } from "epoch0/node"`. */

export { fileSha256, type OpenOptions, openModel, readData } from "./formats/file.ts";
export { type WriteWeightsOptions, writeWeights } from "./materialize/write-file.ts";
export { type WriteShardsOptions, type WrittenShards, writeShards } from "./materialize/write-shards.ts";
export { type QueueOptions, type RaceOrder, type RaceResult, runRace } from "./race/queue.ts";
