import { measureQuadrature } from "../quadrature.mjs";
import { median, mostRow } from "../rows.mjs";

export const title = "E[φ²] by quadrature, unit variance";

const greatest = (list, of) => list.reduce((a, b) => (of(b) > of(a) ? b : a));

export async function measure({ quick }) {
  const all = await measureQuadrature({ rounds: quick ? 3 : 9 });
  const slowest = greatest(all, ({ microseconds }) => microseconds);
  const share = ({ evaluations, pieces }) => evaluations / pieces;
  const most = greatest(all, share);
  return [
    mostRow(`slowest of ${all.length} activations: ${slowest.name}`, slowest.microseconds, "µs", 50),
    mostRow("median activation", median(all.map(({ microseconds }) => microseconds)), "µs", 50),
    mostRow(`evaluations a smooth piece, the most: ${most.name}`, share(most), "", 200),
  ];
}
