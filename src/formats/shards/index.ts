/** Models in several files, through the index that says which tensor lies where. */

export { joinShards, type OpenShard } from "./join.ts";
export { MAX_INDEX, parseShardIndex, type ShardIndex } from "./parse.ts";
