/**
 * Eigenvalues of a symmetric matrix: Householder's reduction to tridiagonal form, then the implicit QL algorithm
 * (Martin, Reinsch & Wilkinson 1968; Dubrulle, Martin & Wilkinson 1968). Absolute error a few n · 2⁻⁵² of the largest one.
 */

/** Ascending. The matrix is left as it is. O(n³). */
export function symmetricEigenvalues(matrix: readonly Float64Array[]): number[] {
  const { diagonal, off } = tridiagonal(matrix.map((row) => Float64Array.from(row)));
  implicitQl(diagonal, off);
  return [...diagonal].sort((a, b) => a - b);
}

/** Works in `a`; off[i] couples i and i + 1. */
function tridiagonal(a: Float64Array[]): { readonly diagonal: Float64Array; readonly off: Float64Array } {
  const n = a.length;
  const off = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const column = Float64Array.from({ length: n - k - 1 }, (_, i) => a[k + 1 + i]![k]!);
    const norm = Math.hypot(...column);
    const alpha = column[0]! > 0 ? -norm : norm;
    off[k] = alpha;
    if (norm === 0) continue;
    const v = column;
    v[0]! -= alpha;
    const length = v.reduce((sum, x) => sum + x * x, 0);
    if (length === 0) continue;
    // A ← H A H with H = I − 2 v vᵀ / |v|²: p = 2 A v / |v|², q = p − (pᵀv / |v|²) v, A ← A − v qᵀ − q vᵀ.
    const p = Float64Array.from({ length: v.length }, (_, i) => {
      const row = a[k + 1 + i]!;
      return (2 / length) * v.reduce((sum, x, j) => sum + x * row[k + 1 + j]!, 0);
    });
    const along = p.reduce((sum, x, i) => sum + x * v[i]!, 0) / length;
    const q = p.map((x, i) => x - along * v[i]!);
    for (let i = 0; i < v.length; i++) {
      const row = a[k + 1 + i]!;
      for (let j = 0; j < v.length; j++) row[k + 1 + j]! -= v[i]! * q[j]! + q[i]! * v[j]!;
    }
  }
  if (n > 1) off[n - 2] = a[n - 1]![n - 2]!;
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i]![i]!), off };
}

/** Each eigenvalue takes two turns on average; this many means that the matrix holds no numbers. */
const MAX_TURNS = 60;

function implicitQl(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  for (let low = 0; low < n; low++) {
    for (let turn = 0; ; turn++) {
      let m = low;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === low || turn === MAX_TURNS) break;
      let g = (d[low + 1]! - d[low]!) / (2 * e[low]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[low]! + e[low]! / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= low; i--) {
        const [f, b] = [s * e[i]!, c * e[i]!];
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        [s, c] = [f / r, g / r];
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (r === 0 && i >= low) continue;
      d[low]! -= p;
      e[low] = g;
      e[m] = 0;
    }
  }
}
