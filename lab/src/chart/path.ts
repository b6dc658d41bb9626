/** Lines and bands as SVG paths; places that cannot be drawn (null) leave a gap. */

export type Point = readonly [number, number];

const at = ([x, y]: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;

/** Runs of points without a gap. */
function runs<P>(points: readonly (P | null)[]): P[][] {
  const found: P[][] = [[]];
  for (const point of points) {
    if (point !== null) found[found.length - 1]!.push(point);
    else if (found[found.length - 1]!.length > 0) found.push([]);
  }
  return found.filter((run) => run.length > 0);
}

export function linePath(points: readonly (Point | null)[]): string {
  return runs(points)
    .map((run) => `M${run.map(at).join("L")}`)
    .join("");
}

/** The area between two lines over the same places: [x, low, high]. */
export function bandPath(points: readonly (readonly [number, number, number] | null)[]): string {
  return runs(points)
    .map((run) => {
      const there = run.map(([x, low]) => at([x, low]));
      const back = run.map(([x, , high]) => at([x, high])).reverse();
      return `M${[...there, ...back].join("L")}Z`;
    })
    .join("");
}
