/** The three faces of a correlation, on packed planes (see plane.ts). All borrow their arguments. */

import type { Jax, Tensor } from "../jax.ts";
import { type Plane, unpack, unpackOutput } from "./plane.ts";

function columns(tensor: Tensor, start: number, length: number): Tensor {
  return tensor.ref.slice([], [], [start, start + length]);
}

/** y [N, O, …outputs] of packed x and packed w. */
export function correlate(jax: Jax, plane: Plane, x: Tensor, w: Tensor): Tensor {
  const rows = sumOf(plane.shifts, (shift, tap) => contract(jax, w.ref.slice(tap), columns(x, shift, plane.length)));
  return unpackOutput(plane, rows);
}

/** The transpose of `correlate` in x: [N, C, …inputs] from packed y and packed w. */
export function scatter(jax: Jax, plane: Plane, y: Tensor, w: Tensor): Tensor {
  const rows = sumOf(plane.shifts, (shift, tap) =>
    contract(jax, w.ref.slice(tap).transpose([0, 2, 1]), columns(y, plane.maxShift - shift, plane.length)),
  );
  return unpack(jax, plane, rows);
}

/** The transpose of `correlate` in w: one [groups, O/groups, phases · C/groups] array a tap, from packed x and y. */
export function weightProducts(jax: Jax, plane: Plane, x: Tensor, y: Tensor): Tensor[] {
  return plane.shifts.map((shift) =>
    jax.lax.dot(columns(y, plane.maxShift, plane.length), columns(x, shift, plane.length), {
      lhsContractingDims: [2],
      rhsContractingDims: [2],
      lhsBatchDims: [0],
      rhsBatchDims: [0],
    }),
  );
}

/** a [groups, M, K] · b [groups, K, L]; one row of K needs no reduction, so the taps fuse into one pass. */
function contract(jax: Jax, a: Tensor, b: Tensor): Tensor {
  return a.shape[2] === 1 ? a.mul(b) : jax.numpy.matmul(a, b);
}

function sumOf(shifts: readonly number[], term: (shift: number, tap: number) => Tensor): Tensor {
  return shifts.map(term).reduce((total, next) => total.add(next));
}
