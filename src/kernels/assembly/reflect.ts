// Entry of the module `reflect`: block reflections I − V T Vᵀ on a tile of columns (householder/reference.ts says the
// order of every sum).
//
// Memory is laid out by the caller, from `free()` on: addresses are bytes and multiples of 16. V has 32 columns; rows are a
// multiple of 4, `size` (vectors in use) a multiple of 4, `width` (columns of a tile) a multiple of 8.

import { products } from "./householder/products.ts";
import { timesTriangle } from "./householder/triangle.ts";
import { subtractProduct } from "./householder/update.ts";

/** Where free memory begins; the caller grows the memory to what it needs. */
export function free(): usize {
  return (__heap_base + 63) & ~63;
}

/** q ← q − V·(T·(Vᵀ·p)), p ← q rounded; w and u are scratch of size × width numbers in float64 and float32. */
export function reflect(
  q: usize,
  p: usize,
  v: usize,
  t: usize,
  w: usize,
  u: usize,
  rows: i32,
  width: i32,
  size: i32,
): void {
  products(w, v, p, rows, width, size);
  timesTriangle(u, t, w, width, size);
  subtractProduct(q, p, v, u, rows, width, size);
}

export { products };
