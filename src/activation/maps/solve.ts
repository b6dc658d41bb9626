/** Roots of a function of one positive variable on a logarithmic axis. */

/** Brent's idea reduced to bisection with secant steps: the sign change is kept bracketed. Relative error 4ε. */
export function rootBetween(f: (v: number) => number, low: number, high: number): number {
  let [a, b, fa, fb] = [low, high, f(low), f(high)];
  let side = 0;
  for (let i = 0; i < 200; i++) {
    if (fa === 0) return a;
    if (fb === 0) return b;
    if (Math.abs(b - a) <= 4 * Number.EPSILON * Math.abs(b)) break;
    // Illinois: the end that stays put has its value halved, so that both ends move. Every fourth step bisects.
    let m = i % 4 === 3 ? a + (b - a) / 2 : (a * fb - b * fa) / (fb - fa);
    if (!(m > Math.min(a, b) && m < Math.max(a, b))) m = a + (b - a) / 2;
    const fm = f(m);
    if (Math.sign(fm) === Math.sign(fb)) {
      [b, fb] = [m, fm];
      if (side === 1) fa /= 2;
      side = 1;
    } else {
      [a, fa] = [m, fm];
      if (side === -1) fb /= 2;
      side = -1;
    }
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

/** `perDecade` points a factor of ten, from low to high. */
export function logGrid(low: number, high: number, perDecade: number): number[] {
  const count = Math.ceil(Math.log10(high / low) * perDecade);
  return Array.from({ length: count + 1 }, (_, i) => low * (high / low) ** (i / count));
}

/** Sign changes of f along a grid, refined. Values that are not finite end a bracket. */
export function roots(f: (v: number) => number, grid: readonly number[]): number[] {
  const found: number[] = [];
  let before = f(grid[0]);
  if (before === 0) found.push(grid[0]);
  for (let i = 1; i < grid.length; i++) {
    const here = f(grid[i]);
    if (here === 0) found.push(grid[i]);
    else if (before * here < 0) found.push(rootBetween(f, grid[i - 1], grid[i]));
    before = here;
  }
  return found;
}
