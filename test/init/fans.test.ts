/** Fans by counting, and by the conventions of the frameworks. */

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FanOptions, fans } from "../../src/init/index.ts";

describe("conventions", () => {
  // Numbers worked out from the frameworks' definitions, named at the head of src/init/fans.ts.
  const cases: readonly (readonly [string, readonly number[], FanOptions, readonly [number, number]])[] = [
    ["dense", [3, 5], {}, [5, 3]],
    ["dense in-out", [5, 3], { layout: "in-out" }, [5, 3]],
    ["conv", [64, 32, 3, 3], {}, [288, 576]],
    ["conv in-out", [3, 3, 32, 64], { layout: "in-out" }, [288, 576]],
    ["conv of stride 2, true", [64, 32, 4, 4], { convention: "true", strides: [2, 2] }, [512, 256]],
    ["grouped, torch", [64, 8, 3, 3], { groups: 4 }, [72, 576]],
    ["grouped, true", [64, 8, 3, 3], { groups: 4, convention: "true" }, [72, 144]],
    ["depthwise, torch", [32, 1, 3, 3], { op: "depthwise-conv" }, [9, 288]],
    ["depthwise, true", [32, 1, 3, 3], { op: "depthwise-conv", convention: "true" }, [9, 9]],
    ["depthwise, Keras", [3, 3, 32, 2], { op: "depthwise-conv", layout: "in-out" }, [288, 18]],
    ["depthwise, JAX", [32, 1, 3, 3], { op: "depthwise-conv", convention: "jax" }, [9, 288]],
    ["transposed, torch", [32, 64, 4, 4], { op: "conv-transpose" }, [1024, 512]],
    ["transposed, grouped, torch", [4, 3, 3, 3], { op: "conv-transpose", groups: 2 }, [27, 36]],
    ["transposed, true", [32, 64, 4, 4], { op: "conv-transpose", convention: "true", strides: [2, 2] }, [128, 1024]],
    ["transposed, Keras", [4, 4, 64, 32], { op: "conv-transpose", layout: "in-out" }, [1024, 512]],
    ["transposed, JAX", [32, 64, 4, 4], { op: "conv-transpose", convention: "jax" }, [512, 1024]],
    ["embedding, true", [1000, 64], { op: "embedding", convention: "true" }, [1, 64]],
    ["embedding, torch", [1000, 64], { op: "embedding" }, [64, 1000]],
    ["embedding, Keras", [1000, 64], { op: "embedding", layout: "in-out" }, [1000, 64]],
    ["LSTM, per gate", [512, 100], { op: "recurrent", parts: 4, convention: "true" }, [100, 128]],
    ["LSTM, Keras fused", [100, 512], { op: "recurrent", parts: 4, layout: "in-out" }, [100, 512]],
    ["fused q, k, v", [192, 64], { op: "attention", parts: 3, convention: "true" }, [64, 64]],
    ["fused q, k, v, torch", [192, 64], { op: "attention", parts: 3 }, [64, 192]],
  ];
  test.each(cases)("%s", (_, shape, options, [fanIn, fanOut]) => {
    expect(fans(shape, options)).toEqual({ fanIn, fanOut });
  });
});

test("true fans count the products of a transposed convolution (one dimension, by brute force)", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      (stride, multiple, groups) => {
        const kernel = stride * multiple;
        const [inputs, outputsPerGroup, length] = [2 * groups, 3, 50];
        const counts = new Array<number>(length * stride + kernel).fill(0);
        for (let position = 0; position < length; position++)
          for (let tap = 0; tap < kernel; tap++) counts[position * stride + tap]! += inputs / groups;
        const { fanIn, fanOut } = fans([inputs, outputsPerGroup, kernel], {
          op: "conv-transpose",
          groups,
          convention: "true",
          strides: [stride],
        });
        expect(fanIn).toBe(counts[Math.floor(counts.length / 2)]);
        expect(fanOut).toBe(outputsPerGroup * kernel);
      },
    ),
    { numRuns: 40 },
  );
});

test.each([
  ["vector", () => fans([3]), /at least two axes, got shape \[3\]/],
  ["groups", () => fans([6, 3, 3, 3], { groups: 4 }), /4 groups must divide/],
  ["fraction", () => fans([6, 3, 3, 3], { groups: 1.5 }), /groups must be a whole number.*got 1.5/],
  ["parts", () => fans([10, 3], { op: "recurrent", parts: 4 }), /4 parts must divide 10 outputs/],
])("errors teach: %s", (_, call, message) => expect(call).toThrow(message));
