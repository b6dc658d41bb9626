import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCsv, readLine } from "../../src/formats/index.ts";
import { createRunner, digits, fitTask, iris, moons, spirals, teacher } from "../../src/race/index.ts";
import type { InputRows, Samples } from "../../src/run/index.ts";
import { base, sketch } from "../run/graph.ts";

/** The rows of a model's one input. */
function rows({ inputs }: Samples): InputRows {
  if (!ArrayBuffer.isView(inputs)) throw new Error("several inputs where one is expected");
  return inputs;
}

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
      const values = Float32Array.from(rows(train)).filter((_, i) => i % 64 === pixel);
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
    expect(rows(wide.train)).toHaveLength(wide.train.count * 3 * 256);
    // Twice the size, centres on centres, edges held: each pixel's weights sum to 2 an axis, so the mean stays.
    expect(Math.abs(wide.input!.mean / flat.input!.mean - 1)).toBeLessThan(1e-6);
    const image = rows(wide.train).subarray(0, 768);
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

describe("a task for a model of several inputs", () => {
  const model = sketch({
    inputs: { pixels: [4, 3], words: [4, 2] },
    tokens: { words: 5 },
    parameters: { w: [3, 3], table: [5, 3] },
    tensors: { p: [4, 3], e: [4, 2, 3], m: [4, 3], y: [4, 3] },
    outputs: ["y"],
    nodes: [
      { ...base("fc", ["pixels"], ["p"]), kind: "linear", weight: "w", bias: null, layout: "out-in", scale: 1 },
      { ...base("embed", ["words"], ["e"]), kind: "embedding", table: "table" },
      { ...base("mean", ["e"], ["m"]), kind: "reduce", method: "mean", axes: [1], keepAxes: false },
      { ...base("sum", ["p", "m"], ["y"]), kind: "combine", operation: "add" },
    ],
  });
  const options = { seed: 0, standardise: true };
  const arrays = new Map([
    ["pixels", Float32Array.from({ length: 30 }, (_, i) => 5 + ((7 * i) % 13))],
    ["words", Float32Array.from({ length: 20 }, (_, i) => i % 5)],
  ]);
  const labels = Int32Array.from({ length: 10 }, (_, i) => i % 3);
  const dataset = { name: "pairs.npz", count: 10, labels, classes: ["0", "1", "2"], arrays };

  it("keeps rows of all inputs together, and standardises the real ones", () => {
    const { train, test, input, classes } = fitTask(model, dataset, options);
    expect([train.count, test.count, classes]).toEqual([8, 2, 3]);
    const { inputs } = train;
    if (ArrayBuffer.isView(inputs)) throw new Error("one input where two are expected");
    const words = inputs.get("words")!;
    expect(words).toBeInstanceOf(Int32Array);
    // Row i of the file has the words 2i, 2i + 1 modulo 5, its label is i modulo 3: only i and i + 15 agree in both.
    for (let row = 0; row < 8; row++) {
      const from = Array.from({ length: 10 }, (_, i) => i).find(
        (i) => labels[i] === train.targets[row] && (2 * i) % 5 === words[2 * row],
      );
      expect(labels[from ?? -1]).toBe(train.targets[row]);
      expect(words[2 * row + 1]).toBe((2 * from! + 1) % 5);
    }
    expect(input!.mean).toBeCloseTo(0, 5);
    // Rounding to single precision of eight numbers a feature.
    expect(Math.abs(input!.variance - 1)).toBeLessThan(1e-5);
  });

  it("comes from a teacher too, tokens in equal shares", () => {
    const { train } = fitTask(model, "teacher", options);
    if (ArrayBuffer.isView(train.inputs)) throw new Error("one input where two are expected");
    const words = train.inputs.get("words")!;
    // 1600 independent tokens of probability 1/5, each within five standard errors.
    for (const n of counts(words))
      expect(Math.abs(n / words.length - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / words.length));
  });

  it("says what is missing or does not fit", () => {
    const without = { ...dataset, arrays: new Map([["pixels", arrays.get("pixels")!]]) };
    expect(() => fitTask(model, without, options)).toThrow('has no array "words", got pixels');
    const odd = { ...dataset, arrays: new Map([...arrays, ["words", new Float32Array(20).fill(5)]]) };
    expect(() => fitTask(model, odd, options)).toThrow('"words" takes whole numbers below 5, got 5');
    const wide = { ...dataset, arrays: new Map([...arrays, ["pixels", new Float32Array(40)]]) };
    expect(() => fitTask(model, wide, options)).toThrow("has 4 numbers a row, got an input of 3");
    expect(() => fitTask(model, "digits", options)).toThrow("has the inputs pixels, words, got digits");
    expect(() => fitTask(readLine("3 > 3"), dataset, options)).toThrow("has one input, got pairs.npz with 2");
  });

  it("races", async () => {
    const settings = { schemes: ["auto"], learningRates: [0.1], seeds: 1, seed: 0, steps: 5, batch: 4 } as const;
    const task = fitTask(model, dataset, options);
    const runner = await createRunner(model, task, { ...settings, optimizer: "sgd", target: null });
    for (const scheme of ["auto", "lsuv"]) {
      const run = await runner.run({ kind: "run", scheme, seed: 0, learningRate: 0.1 });
      expect(run).toMatchObject({ record: { state: "finished" } });
    }
    runner.dispose();
  });
});
