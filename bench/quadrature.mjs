// Evaluations and microseconds of E[φ²] at unit variance, by quadrature alone, for every activation of the catalogue.
import { median } from "./rows.mjs";

export async function measureQuadrature({ rounds }) {
  const { CATALOGUE, expectation, resolveActivation } = await import("../dist/index.js");
  return CATALOGUE.map(({ name }) => {
    const { value, breaks, features } = resolveActivation({ kind: "named", name, parameters: {} });
    const options = { mean: 0, variance: 1, breaks, features };
    const square = (x) => value(x) ** 2;
    const { evaluations } = expectation(square, options);
    const pieces = 1 + new Set([...breaks, ...features.map(({ at }) => at)].filter((at) => Math.abs(at) < 9)).size;
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      for (let i = 0; i < 200; i++) expectation(square, options);
      times.push((1000 * (performance.now() - start)) / 200);
    }
    return { name, evaluations, pieces, microseconds: median(times) };
  });
}
