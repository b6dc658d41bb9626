export { withActivations } from "./activations.ts";
export type * from "./types.ts";
