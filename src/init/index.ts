export { describe } from "./describe.ts";
export { type Law, law } from "./law.ts";
export type { Fans, Initializer, InitializerKind } from "./types.ts";
