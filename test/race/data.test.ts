import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCsv, readLine } from "../../src/formats/index.ts";
import { digits, fitTask, iris, moons, spirals, teacher } from "../../src/race/index.ts";

const counts = (labels: ArrayLike<number>) =>
  Array.from(labels).reduce<number[]>((found, label) => {
    found[label] = (found[label] ?? 0) + 1;
    return found;
  }, []);

describe("built-in data", () => {
  it("holds the digits of the example file, number for number", () => {
    const file = readCsv(readFileSync(new URL("../../examples/digits.csv", import.meta.url), "utf8"));
    const built = digits();
    expect(built.inputs).toEqual(file.inputs);
    expect(built.labels).toEqual(file.labels);
  });

  it("holds Fisher's means of iris (sepal length, sepal width, petal length, petal width)", () => {
    const { inputs, labels, count } = iris();
    expect(count).toBe(150);
    expect(counts(labels!)).toEqual([50, 50, 50]);
    const mean = (column: number) => inputs.filter((_, i) => i % 4 === column).reduce((sum, x) => sum + x, 0) / 150;
    // Known to two decimals (UCI's description of the data); single precision adds 150 · 2⁻²⁴ · 8.
    for (const [column, known] of [5.84, 3.05, 3.76, 1.2].entries()) {
      expect(Math.abs(mean(column) - known)).toBeLessThan(0.0101);
    }
  });

  it("makes points and teachers that the seed decides, all classes in use", () => {
    for (const make of [moons, spirals]) {
      expect(make({ seed: 3 })).toEqual(make({ seed: 3 }));
      expect(make({ seed: 3 }).inputs).not.toEqual(make({ seed: 4 }).inputs);
    }
    const taught = teacher({ seed: 0, shape: [5], classes: 4, count: 400 });
    expect(counts(taught.labels!).filter((n) => n > 20)).toHaveLength(4);
  });
});

describe("a task for a model", () => {
  it("holds a fifth out and standardises each feature over the rest", () => {
    const model = readLine("64 > 10", { batch: 8 });
    const { train, test, input } = fitTask(model, "digits", { seed: 0, standardise: true });
    expect([train.count, test.count]).toEqual([1438, 359]);
    for (const pixel of [20, 36, 0]) {
      const values = Float32Array.from(train.inputs).filter((_, i) => i % 64 === pixel);
      const mean = values.reduce((sum, x) => sum + x, 0) / train.count;
      const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / train.count;
      // Rounding to single precision: 2⁻²⁴ of values up to 30; pixel 0 is 0 in every image.
      expect(Math.abs(mean)).toBeLessThan(1e-5);
      expect(Math.abs(square - (pixel === 0 ? 0 : 1))).toBeLessThan(1e-4);
    }
    expect(input!.mean).toBeCloseTo(0, 5);
    expect(fitTask(model, "digits", { seed: 0 }).input!.variance).toBeGreaterThan(30);
  });

  it("stretches images to the model's, keeping their mean level", () => {
    const model = readLine("3x16x16 > conv 4 3x3 > globalavgpool > flatten > 10", { batch: 2 });
    const wide = fitTask(model, "digits", { seed: 0 });
    const flat = fitTask(readLine("64 > 10", { batch: 2 }), "digits", { seed: 0 });
    expect(wide.train.inputs).toHaveLength(wide.train.count * 3 * 256);
    // Twice the size, centres on centres, edges held: each pixel's weights sum to 2 an axis, so the mean stays.
    expect(Math.abs(wide.input!.mean / flat.input!.mean - 1)).toBeLessThan(1e-6);
    const image = wide.train.inputs.subarray(0, 768);
    expect(image.subarray(0, 256)).toEqual(image.subarray(512, 768));
  });

  it("says what does not fit", () => {
    expect(() => fitTask(readLine("5 > 3"), "iris", { seed: 0 })).toThrow(
      "iris has 4 numbers a row, got a model input of 5",
    );
    expect(() => fitTask(readLine("64 > 3"), "digits", { seed: 0 })).toThrow("digits has 10 classes");
    expect(() => fitTask(readLine("64 > 3"), "text", { seed: 0 })).toThrow("takes real numbers, got text");
  });
});
