/** SIMD fills and linear algebra: the values of `random`'s reference, bit for bit, at the speed of memory. */

export { fillUniform } from "./uniform.ts";
