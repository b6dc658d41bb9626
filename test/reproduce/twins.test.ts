/** The small network of `rumelhart-1986`: its trainer goes down the loss's own slope, its singular values are right. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { activationByName } from "../../src/activation/index.ts";
import { copyOf, layersOf, singularValues, trainStep } from "../../src/reproduce/twins/network.ts";
import { samplesOf } from "../../src/reproduce/twins/training.ts";

test("one step goes down the loss's own slope", () => {
  const samples = samplesOf(1);
  for (const name of ["tanh", "logistic"]) {
    const activation = activationByName(name);
    const lossOf = (layers: Parameters<typeof copyOf>[0]) => trainStep(copyOf(layers), activation, samples, 0);
    const layers = layersOf((layer, index) => Math.sin(3 * layer + index));
    const stepped = copyOf(layers);
    trainStep(stepped, activation, samples, 1);
    layers.forEach(({ weights }, l) => {
      weights.forEach((row, o) => {
        row.forEach((w, i) => {
          const h = 1e-5;
          const at = (value: number) => {
            const moved = copyOf(layers);
            moved[l]!.weights[o]![i] = value;
            return lossOf(moved);
          };
          const slope = (at(w + h) - at(w - h)) / (2 * h);
          // Central differences: h²/6 of a third derivative of the order of 10, and rounding ε·loss/h.
          expect(Math.abs(w - stepped[l]!.weights[o]![i]! - slope)).toBeLessThan(1e-9 + (4 * Number.EPSILON) / h);
        });
      });
    });
  }
});

test("singular values: their squares add up to the matrix's, their product is its determinant", () => {
  // Whole numbers: products are exact, and none is lost below the smallest double.
  const entry = fc.integer({ min: -99, max: 99 });
  expect(singularValues([Float64Array.of(3e-320, 0), Float64Array.of(0, 1e-320)])).toEqual([3e-320, 1e-320]);
  expect(singularValues([Float64Array.of(0, 0), Float64Array.of(0, 0)])).toEqual([0, 0]);
  fc.assert(
    fc.property(fc.array(entry, { minLength: 9, maxLength: 9 }), (a) => {
      const rows = [0, 3, 6].map((from) => Float64Array.from(a.slice(from, from + 3)));
      const values = singularValues(rows);
      const square = a.reduce((sum, v) => sum + v * v, 0);
      const [p, q, r, s, t, u, v, w, x] = a as [number, number, number, number, number, number, number, number, number];
      const determinant = p * (t * x - u * w) - q * (s * x - u * v) + r * (s * w - t * v);
      const product = values.reduce((all, value) => all * value, 1);
      // A dozen rotations of three entries, each right to a few ε of the matrix's size; the determinant's sums likewise.
      expect(Math.abs(values.reduce((sum, value) => sum + value * value, 0) - square)).toBeLessThanOrEqual(
        256 * Number.EPSILON * square,
      );
      expect(Math.abs(product - Math.abs(determinant))).toBeLessThanOrEqual(256 * Number.EPSILON * square ** 1.5);
    }),
  );
});
