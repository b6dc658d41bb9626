/** Every initializer of the library, drawn many times: its family, its scale and its rule are named. */

import { expect, test } from "vitest";
import { identify, type Likeness, statisticsOf, type TensorUse } from "../../../src/check/index.ts";
import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from "../../../src/formats/dtype.ts";
import {
  fans,
  type Initializer,
  initializers,
  law,
  sample,
  truncatedNormal,
  uniform,
} from "../../../src/init/index.ts";

const SHAPES: readonly (readonly number[])[] = [
  [64, 64],
  [128, 64],
  [10, 128],
  [48, 16, 3, 3],
];
const SEEDS = 25;

function useOf(shape: readonly number[], extra: Partial<TensorUse> = {}): TensorUse {
  const of = fans(shape);
  const op = shape.length > 2 ? "conv" : "linear";
  return { part: "weight", op, fans: { true: of, torch: of, keras: of }, hidden: 0, gates: [], ...extra };
}

function identified(initializer: Initializer, shape: readonly number[], seed: number, use = useOf(shape)): Likeness {
  const values = sample(initializer, shape, { seed, name: "w" });
  return identify(statisticsOf({ shape, dtype: "f32" }, [values]), use);
}

/** One and the same matrix under another name. */
function isSynonym(kind: Initializer["kind"], family: string, shape: readonly number[]): boolean {
  if (kind === "bilinear" && shape.length === 2) return family === "identity";
  return kind === "constant" && family === "zeros";
}

/** Standard deviation that the found initializer draws with, against the one that it was drawn with. */
function scaleError(found: Initializer, made: Initializer, shape: readonly number[]): number {
  const [a, b] = [law(found, shape).secondMoment, law(made, shape).secondMoment];
  return a === b ? 0 : Math.abs(Math.log(a / b)) / 2;
}

function tryDraw(initializer: Initializer, shape: readonly number[]): boolean {
  try {
    sample(initializer, shape, { seed: 0, name: "w" });
    return true;
  } catch {
    return false;
  }
}

test.each(initializers.filter(({ name }) => name !== "forget-gate-one").map((entry) => [entry.name, entry] as const))(
  "%s: family, scale and rule in at least 99 of 100 draws",
  (name, { create }) => {
    let wrong = 0;
    let count = 0;
    for (const shape of SHAPES) {
      const initializer = name === "bilinear" && shape.length > 2 ? create([16, 16, 4, 4]) : create(shape);
      const drawnShape = name === "bilinear" && shape.length > 2 ? [16, 16, 4, 4] : shape;
      if (!tryDraw(initializer, drawnShape)) continue;
      for (let seed = 0; seed < SEEDS; seed++) {
        const found = identified(initializer, drawnShape, seed);
        count++;
        if (!("initializer" in found)) wrong++;
        else if (found.family !== initializer.kind && !isSynonym(initializer.kind, found.family, drawnShape)) wrong++;
        // A deviation from n numbers has relative error √((K − 1)/4n), at most 0.02 for 1,280 normal ones; 4.5 of them.
        else if (scaleError(found.initializer, initializer, drawnShape) > 0.09) wrong++;
      }
    }
    expect(count).toBeGreaterThan(0);
    // At most one of the hundred draws.
    expect(wrong).toBeLessThanOrEqual(Math.ceil(count / 100));
  },
);

test("rules are named, also where two give one scale", () => {
  const named = (rule: string, shape: readonly number[]) => {
    const entry = initializers.find(({ name }) => name === rule)!;
    const found = identified(entry.create(shape), shape, 1);
    return "schemes" in found ? found.schemes : [];
  };
  for (const rule of ["he-normal", "he-uniform", "lecun-truncated-normal", "glorot-truncated-normal-before", "siren"])
    expect(named(rule, [96, 256])).toContain(rule);
  // Equal fans: Glorot's and LeCun's variance are one.
  expect(named("glorot-normal", [128, 128])).toEqual(expect.arrayContaining(["glorot-normal", "lecun-normal"]));
  expect(named("one-over-root-n", [96, 256])).toEqual(["torch", "one-over-root-n"]);
});

test("scales of their own, rows without mean, blocks, gates", () => {
  const shape = [96, 64];
  for (const initializer of [
    uniform(-0.3, 0.3),
    uniform(0.1, 0.3),
    truncatedNormal(0, 0.37),
    { kind: "normal", mean: 0.5, std: 0.07 },
    { kind: "normal", mean: 0, std: 0.07, rowCentred: true },
    { kind: "uniform", low: -0.2, high: 0.2, rowCentred: true },
    { kind: "orthogonal", gain: 1.7 },
  ] satisfies Initializer[]) {
    const found = identified(initializer, shape, 4);
    expect(found).toMatchObject({ family: initializer.kind });
    if (!("initializer" in found)) continue;
    expect(scaleError(found.initializer, initializer, shape)).toBeLessThan(0.05);
    expect("rowCentred" in found.initializer).toBe("rowCentred" in initializer);
  }
  const gates = useOf([256, 64], { part: "recurrent-weight", op: "lstm", gates: ["i", "f", "g", "o"], hidden: 64 });
  expect(identified({ kind: "orthogonal", gain: 1, blocks: 4 }, [256, 64], 1, gates)).toMatchObject({
    family: "orthogonal",
    initializer: { blocks: 4 },
  });
  const bias = { ...gates, part: "input-bias" as const };
  const forget = initializers.find(({ name }) => name === "forget-gate-one")!;
  expect(identified(forget.create([256]), [256], 1, bias)).toMatchObject({ family: "blocks" });
  const fused: Initializer = {
    kind: "blocks",
    parts: [
      { size: 128, initializer: { kind: "normal", mean: 0, std: 0.125 } },
      { size: 64, initializer: { kind: "normal", mean: 0, std: 0.05 } },
    ],
  };
  expect(identified(fused, [192, 64], 2)).toMatchObject({ family: "blocks" });
});

test("numbers rounded to half precision keep their family and rule", () => {
  const half = (x: number) => float16Value(float16Bits(x));
  const brain = (x: number) => bfloat16Value(bfloat16Bits(x));
  for (const rule of ["he-uniform", "he-normal", "he-truncated-normal", "orthogonal", "one-over-root-n"]) {
    const shape = [128, 256];
    const entry = initializers.find(({ name }) => name === rule)!;
    for (const [dtype, round] of [
      ["f16", half],
      ["bf16", brain],
    ] as const) {
      for (let seed = 0; seed < 5; seed++) {
        const values = sample(entry.create(shape), shape, { seed, name: "w" }).map(round);
        const found = identify(statisticsOf({ shape, dtype }, [values]), useOf(shape));
        expect("schemes" in found ? found.schemes : found, `${rule} ${dtype} ${seed}`).toContain(rule);
      }
    }
  }
});

test("what is no draw: too few numbers, NaN, zeros where none are drawn, two laws mixed", () => {
  const shape = [64, 64];
  const values = sample({ kind: "normal", mean: 0, std: 0.1 }, shape, { seed: 1, name: "w" });
  const look = (numbers: Float32Array, of: readonly number[] = shape) =>
    identify(statisticsOf({ shape: of, dtype: "f32" }, [numbers]), useOf(of));
  expect(look(values.subarray(0, 16), [4, 4]).family).toBe("unknown");
  expect(look(values.map((x, i) => (i === 7 ? Number.NaN : x))).family).toBe("unknown");
  expect(look(values.map((x) => (Math.abs(x) < 0.03 ? 0 : x))).family).toBe("trained");
  expect(look(values.map((x, i) => (i < 2048 ? x : 2 * x))).family).toBe("trained");
  // A direction of a quarter of the whole's size, spread over all rows and columns: no single number shows it.
  expect(look(values.map((x, i) => x + 0.025 * Math.sin(i >> 6) * Math.cos(3 * (i & 63)) * 2)).family).toBe("trained");
});

test("an embedding's padding entry leaves the law of the others; one row repeated is no rule's", () => {
  const values = sample({ kind: "normal", mean: 0, std: 0.02 }, [200, 64], { seed: 2, name: "table" });
  const told = () => identify(statisticsOf({ shape: [200, 64], dtype: "f32" }, [values]), useOf([200, 64])).family;
  values.fill(0, 0, 64);
  expect(told()).toBe("normal");
  for (let i = 64; i < values.length; i++) values[i] = values[64 + (i % 64)] ?? 0;
  values.copyWithin(0, 64, 128);
  expect(told()).toBe("trained");
});
