/**
 * Where to put quadrature panels: the line is cut at breaks and features, and a piece whose end is a fine feature is
 * stretched by x = end ± scale·sinh(u), so that a width of 1e-6 and one of 1e6 take the same few panels.
 */

/** A place where the integrand changes over a width `scale` (in units of x). */
export interface Feature {
  readonly at: number;
  readonly scale: number;
}

/** x(u) = anchor + direction·scale·sinh(u) on u ∈ [from, to]; scale = Infinity means x = anchor + direction·u. */
export interface Panel {
  readonly anchor: number;
  readonly direction: 1 | -1;
  readonly scale: number;
  readonly from: number;
  readonly to: number;
  /** Halvings since the first cut. */
  readonly depth: number;
}

/** Widest first panel in u: 40 points resolve the Gaussian seen through sinh over this width to about 1e-13. */
const WIDEST = 6;
/** A feature wider than this share of its piece needs no stretching. */
export const COARSE = 0.09;

/** Where f changes, between there and the Gaussian's fall, the fall: the middle is a power of x and takes one panel of any width. */
const NEAR = 3;
const FALL = 3.5;

/** Ends of the panels over [0, reach] in u. */
function endsOver(reach: number, stretch: boolean, spread: number): number[] {
  if (stretch && reach > NEAR + FALL) return [0, NEAR, reach - FALL, reach];
  const count = Math.max(1, Math.ceil(stretch ? reach / WIDEST : reach / (10 * spread)));
  return Array.from({ length: count + 1 }, (_, i) => (reach * i) / count);
}

function graded(anchor: number, length: number, direction: 1 | -1, scale: number, spread: number): Panel[] {
  const stretch = scale < COARSE * length;
  const ends = endsOver(stretch ? Math.asinh(length / scale) : length, stretch, spread);
  return ends.slice(1).map((to, i) => ({
    anchor,
    direction,
    scale: stretch ? scale : Number.POSITIVE_INFINITY,
    from: ends[i],
    to,
    depth: 0,
  }));
}

/** Panels of [a, b], fine near an end that carries a feature. `spread` is the standard deviation of the Gaussian. */
function piecePanels(a: number, b: number, scaleA: number, scaleB: number, spread: number): Panel[] {
  const length = b - a;
  if (scaleB >= COARSE * length) return graded(a, length, 1, scaleA, spread);
  if (scaleA >= COARSE * length) return graded(b, length, -1, scaleB, spread);
  return [...graded(a, length / 2, 1, scaleA, spread), ...graded(b, length / 2, -1, scaleB, spread)];
}

interface Cut {
  readonly at: number;
  scale: number;
}

/** Cuts inside (low, high), ascending, close ones joined: features nearer than three quarters of their scale to another cut add nothing. */
function cutsBetween(low: number, high: number, breaks: readonly number[], features: readonly Feature[]): Cut[] {
  const cuts: Cut[] = [];
  for (const at of breaks) if (at > low && at < high) cuts.push({ at, scale: Number.POSITIVE_INFINITY });
  for (const { at, scale } of features) {
    if (!(at > low && at < high && scale > 0)) continue;
    const near = cuts.find((cut) => Math.abs(cut.at - at) <= 0.75 * scale);
    if (near) near.scale = Math.min(near.scale, scale);
    else cuts.push({ at, scale });
  }
  cuts.sort((p, q) => p.at - q.at);
  return cuts.filter((cut, i) => i === 0 || cut.at > cuts[i - 1].at);
}

/** Panels that cover [low, high]. */
export function panelsBetween(
  low: number,
  high: number,
  breaks: readonly number[],
  features: readonly Feature[],
  spread: number,
): Panel[] {
  if (!(high > low)) return [];
  const none = Number.POSITIVE_INFINITY;
  const cuts = [{ at: low, scale: none }, ...cutsBetween(low, high, breaks, features), { at: high, scale: none }];
  return cuts.slice(1).flatMap((cut, i) => piecePanels(cuts[i].at, cut.at, cuts[i].scale, cut.scale, spread));
}

/** Two panels, cut after `share` of the width. */
export function halves(panel: Panel, share: number): [Panel, Panel] {
  const middle = panel.from + share * (panel.to - panel.from);
  const depth = panel.depth + 1;
  return [
    { ...panel, to: middle, depth },
    { ...panel, from: middle, depth },
  ];
}
