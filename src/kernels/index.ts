/** SIMD fills and linear algebra: the values of `random`'s reference, bit for bit, at the speed of memory. */

export { createReference, createSimd, type FormOptions, formColumns, type Reflections } from "./householder/index.ts";
export { fillUniform } from "./uniform.ts";
