/** Comparing expressions as trees. */

import type { Expression } from "./expression.ts";

/** The same functions of the same arguments, written the same way. */
export function sameTree(a: Expression, b: Expression): boolean {
  if (a.kind === "number") return b.kind === "number" && a.value === b.value;
  if (a.kind === "unary") return b.kind === "unary" && a.fn === b.fn && sameTree(a.arg, b.arg);
  if (a.kind === "binary") {
    return b.kind === "binary" && a.fn === b.fn && sameTree(a.left, b.left) && sameTree(a.right, b.right);
  }
  return b.kind === "x";
}
