/** Products of Householder reflections, formed in blocks. */

export { type FormOptions, formColumns, type Reflections } from "./form.ts";
export { createReference } from "./reference.ts";
export { createSimd } from "./simd.ts";
