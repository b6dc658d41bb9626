/** Where a function of one variable changes sign, on the whole line. */

import type { Scalar } from "./compile.ts";

/** ±1e6 on an asinh grid, 1e-3 fine at the origin: roots nearer to each other than a grid step are missed. */
const REACH = 1e6;
const GRID = buildGrid();

function buildGrid(): Float64Array {
  const half = 400;
  const top = Math.asinh(REACH * 1e3);
  // Shifted by an irrational share of a step, so that no grid point sits on a round number.
  return Float64Array.from(
    { length: 2 * half + 1 },
    (_, i) => 1e-3 * Math.sinh(((i - half + 0.3819660112501051) / half) * top),
  );
}

/** The nearest number with few digits, when the root found is that number but for rounding. */
function tidy(root: number): number {
  const round = Number(root.toPrecision(13));
  return Math.abs(root - round) <= 4 * Number.EPSILON * Math.abs(root) + 1e-300 ? round : root;
}

function signOf(value: number): number {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}

/** The point in (a, b) where the sign stops being that at a, to the last bit. */
function bisect(f: Scalar, a: number, b: number): number {
  const left = signOf(f(a));
  let low = a;
  let high = b;
  if (low < 0 && high > 0) {
    if (signOf(f(0)) === left) low = 0;
    else high = 0;
  }
  for (let i = 0; i < 1100; i++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (Math.abs(high) < 1e-300 && Math.abs(low) < 1e-300) break;
    if (signOf(f(middle)) === left) low = middle;
    else high = middle;
  }
  // Of the last two neighbours, the one where f is smaller.
  const root = Math.abs(f(low)) < Math.abs(f(high)) ? low : high;
  return Math.abs(root) < 1e-290 ? 0 : tidy(root);
}

/**
 * Points where the sign of f (−, 0 or +) changes, ascending: crossings, poles, and the ends of stretches where f is 0.
 * @param limit most roots returned (the ones nearest to 0)
 */
export function signChanges(f: Scalar, limit: number): number[] {
  const roots: number[] = [];
  for (let i = 1; i < GRID.length; i++) {
    const a = GRID[i - 1];
    const b = GRID[i];
    const before = signOf(f(a));
    const after = signOf(f(b));
    if (before === after) continue;
    const root = bisect(f, a, b);
    roots.push(root);
    // A crossing that passes through a stretch of zeros has a second end.
    const past = root + Math.max(1e-12, 1e-9 * Math.abs(root));
    if (past < b && signOf(f(past)) === 0 && after !== 0) roots.push(bisect(f, past, b));
  }
  if (roots.length > limit) {
    roots.sort((p, q) => Math.abs(p) - Math.abs(q));
    roots.length = limit;
  }
  return [...new Set(roots)].sort((p, q) => p - q);
}
