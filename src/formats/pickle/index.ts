/** Python pickles as inert data. */

export { type PickleOptions, type Unpickled, unpickle } from "./machine.ts";
export type { Call, Dict, List, Persistent, PickleValue, Tuple } from "./types.ts";
