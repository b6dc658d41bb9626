import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../../src/formats/error.ts";
import { readLine } from "../../../src/formats/line/index.ts";
import { initialize } from "../../../src/materialize/index.ts";
import { plan } from "../../../src/plan/index.ts";
import { measureSignals, verify } from "../../../src/run/index.ts";

const shapes = (line: string) => {
  const model = readLine(line, { batch: 2 });
  return model.nodes.map(({ name }) => `${name} ${model.tensors.get(name)?.shape.join("x")}`);
};

const parameters = (line: string) =>
  [...readLine(line).parameters.values()].map(({ name, shape }) => `${name} ${shape.join("x")}`);

test("dense layers with activations", () => {
  expect(shapes("784 > 256 logistic > 256 logistic > 10 softmax")).toEqual([
    "fc1 2x256",
    "logistic1 2x256",
    "fc2 2x256",
    "logistic2 2x256",
    "fc3 2x10",
    "softmax1 2x10",
  ]);
  expect(parameters("784 > 256 relu > 10 nobias")).toEqual(["fc1.weight 256x784", "fc1.bias 256", "fc2.weight 10x256"]);
});

test("LeNet-5 has PyTorch's shapes", () => {
  const line = "1x28x28 > conv 6 5x5 pad 2 tanh > avgpool 2 > conv 16 5x5 tanh > avgpool 2 > flatten > 120 tanh > 10";
  expect(parameters(line)).toEqual([
    "conv1.weight 6x1x5x5",
    "conv1.bias 6",
    "conv2.weight 16x6x5x5",
    "conv2.bias 16",
    "fc1.weight 120x400",
    "fc1.bias 120",
    "fc2.weight 10x120",
    "fc2.bias 10",
  ]);
});

test("repeats, residual blocks with and without a branch of their own", () => {
  expect(readLine("512 > 512 relu x50 > 10").parameters.size).toBe(102);
  expect(shapes("8 > [ 8 relu > 8 ] x2").filter((row) => row.startsWith("add"))).toEqual(["add1 2x8", "add2 2x8"]);
  const line = "3x8x8 > [ conv 4 3x3 stride 2 pad 1 batchnorm relu > conv 4 3 pad same | conv 4 1 stride 2 ] relu";
  expect(shapes(line).at(-2)).toBe("add1 2x4x4x4");
  expect(readLine(line).nodes.at(-2)?.inputs).toEqual(["conv2", "conv3"]);
});

test("depthwise, grouped, dilated and transposed convolutions", () => {
  expect(
    parameters(
      "8x9x9 > conv 8 3x3 depthwise nobias > conv 16 3 groups 4 dilation 2 nobias > deconv 6 2 stride 2 nobias",
    ),
  ).toEqual(["conv1.weight 8x1x3x3", "conv2.weight 16x2x3x3", "deconv1.weight 16x6x2x2"]);
  expect(shapes("8x9x9 > conv 8 3x3 depthwise > conv 16 3 groups 4 dilation 2 > deconv 6 2 stride 2").at(-1)).toBe(
    "deconv1 2x6x6x6",
  );
});

test("activations by any catalogue name, with numbers; PReLU brings its slope", () => {
  expect(readLine("4 > 4 leaky_relu(0.1)").nodes[1]).toMatchObject({
    activation: { kind: "named", name: "leaky_relu", parameters: { slope: 0.1 } },
  });
  expect(parameters("4 > 4 prelu")).toContain("prelu1.weight 1");
});

test.each([
  ["784", 'column 4: expected ">" after the input\'s shape, got the end of the line'],
  ["> 10", "column 1: expected the shape of one sample"],
  ["784 > 10 >", "column 11: expected a number of units, an activation"],
  ["784 > 10 rleu", "column 10: expected a layer or an activation"],
  ["784 > [ 10 relu", "column 16: expected"],
  ["784 > [ 10 ]", "column 7: expected a block whose branches agree"],
  ["1x8x8 > 10", 'column 9: expected "flatten" before dense units'],
  ["1x8x8 > conv 4 9x9", "column 9: expected a window that fits the map of 8x8"],
  ["3x8x8 > conv 4 3 groups 2", "column 9: expected groups that divide"],
  ["784 > 99999999", "column 7: expected sizes from 1 to 16777216"],
  ["784 > 0", "column 7: expected sizes from 1"],
  ["8 > 8 x99999 > 8 x99999", "expected a repeat from x1 to x10000"],
  ["8 > [ [ [ 8 x10000 ] x10000 ] x10000 ] x10000", "at most 20000 operations"],
  ["8 > dropout 1.5", "a dropout ratio"],
])("%s: says where and what was expected", (line, message) => {
  expect(() => readLine(line)).toThrow(FormatError);
  expect(() => readLine(line)).toThrow(message);
});

test("any words make a model or a FormatError", () => {
  const word = fc.constantFrom(
    ..."> > > 8 4 16 1x8x8 3x3 conv avgpool maxpool stride pad same relu tanh prelu [ ] | x3 flatten batchnorm layernorm groupnorm dropout 0.5 nobias groups depthwise deconv globalavgpool softmax foo ( ) leaky_relu(0.1) relu(".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom("8", "3x8x8", "4x8"), fc.array(word, { maxLength: 12 }), (start, words) => {
      try {
        const model = readLine([start, ">", ...words].join(" "));
        for (const { name } of model.nodes) expect(model.tensors.has(name)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 1500 },
  );
});

test("self-attention: four projections by head, and the block keeps its sequence", () => {
  expect(parameters("5x12 > attention 3").map((row) => row.split(" ")[0])).toEqual(
    ["q", "k", "v", "out"].flatMap((part) => [`attn1.${part}_proj.weight`, `attn1.${part}_proj.bias`]),
  );
  expect(shapes("5x12 > attention 3 nobias").filter((row) => !/proj|heads/.test(row))).toEqual([
    "attn1.q 2x3x5x4",
    "attn1.k 2x3x4x5",
    "attn1.v 2x3x5x4",
    "attn1.scores 2x3x5x5",
    "attn1.weights 2x3x5x5",
    "attn1.mean 2x3x5x4",
    "attn1.back 2x5x3x4",
    "attn1.joined 2x5x12",
  ]);
  expect(shapes("5x12 > [ layernorm attention 3 ] [ layernorm 48 gelu > 12 ] x2 > layernorm last > 4").at(-1)).toBe(
    "fc5 2x4",
  );
  expect(() => readLine("5x12 > attention 5")).toThrow("heads that divide the 12 features, not 5");
  expect(() => readLine("12 > attention 3")).toThrow("attention only on a sequence");
});

test("recurrent layers have PyTorch's parameters and give every state, last the last one", () => {
  expect(parameters("6x3 > lstm 4")).toEqual([
    "lstm1.weight_ih_l0 16x3",
    "lstm1.weight_hh_l0 16x4",
    "lstm1.bias_ih_l0 16",
    "lstm1.bias_hh_l0 16",
  ]);
  expect(parameters("6x3 > gru 4 nobias")).toEqual(["gru1.weight_ih_l0 12x3", "gru1.weight_hh_l0 12x4"]);
  expect(shapes("6x3 > rnn 4 x2 > last > 5")).toEqual([
    "rnn1 2x6x1x4",
    "rnn1.sequence 2x6x4",
    "rnn2 2x6x1x4",
    "rnn2.sequence 2x6x4",
    "last1 2x4",
    "fc1 2x5",
  ]);
  expect(() => readLine("3 > lstm 4")).toThrow("lstm only on a sequence");
});

test("a line of attention, and one of recurrence, run as they are predicted", async () => {
  for (const line of [
    "6x16 > [ layernorm attention 4 ] [ layernorm 32 gelu > 16 ] x2 > layernorm last > 4",
    "8x6 > lstm 24 > gru 24 > rnn 24 > last > 4",
  ]) {
    const model = readLine(line, { batch: 64 });
    const made = plan(model);
    const weights = (draw: number) => initialize(made, { seed: draw });
    const measured = await measureSignals(model, { weights, seed: 0, draws: 8 });
    const { passed, layers } = verify(model, made.layers, measured);
    expect([line, passed, layers.length > 3]).toEqual([line, true, true]);
  }
}, 60_000);
