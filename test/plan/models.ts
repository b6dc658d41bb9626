/** Small graphs made by hand, with PyTorch's layouts and names, and no values. */

import type { ActivationReference, Model, Node, Parameter, Role, TensorInfo } from "../../src/model/index.ts";

export const named = (name: string, parameters: Readonly<Record<string, number>> = {}): ActivationReference => ({
  kind: "named",
  name,
  parameters,
});

export interface Builder {
  readonly linear: (name: string, x: string, out: number, options?: { bias?: boolean; weight?: string }) => string;
  readonly conv: (name: string, x: string, out: number, kernel: number, options?: ConvOptions) => string;
  readonly act: (name: string, x: string, activation: string) => string;
  readonly norm: (name: string, x: string, method: "batch" | "layer") => string;
  readonly add: (name: string, a: string, b: string) => string;
  readonly multiply: (name: string, a: string, b: string) => string;
  readonly node: (node: Node, shape: readonly number[]) => string;
  readonly parameter: (name: string, shape: readonly number[], role: Role) => string;
  readonly shapeOf: (tensor: string) => readonly number[];
  readonly finish: (...outputs: string[]) => Model;
}

interface ConvOptions {
  readonly groups?: number;
  readonly transposed?: boolean;
  readonly stride?: number;
  readonly bias?: boolean;
  readonly pad?: number;
}

/** A builder around one input "x" of the given shape (axis 0 counts samples). */
export function build(inputShape: readonly number[], vocabulary: number | null = null): Builder {
  const nodes: Node[] = [];
  const tensors = new Map<string, TensorInfo>([["x", { shape: inputShape, dtype: "f32" }]]);
  const parameters = new Map<string, Parameter>();
  const shapeOf = (tensor: string) => tensors.get(tensor)?.shape ?? parameters.get(tensor)?.shape ?? [];
  const parameter = (name: string, shape: readonly number[], role: Role) => {
    if (!parameters.has(name)) parameters.set(name, { name, shape, dtype: "f32", role, stored: { kind: "absent" } });
    return name;
  };
  const node = (made: Node, shape: readonly number[]) => {
    nodes.push(made);
    for (const output of made.outputs) tensors.set(output, { shape, dtype: "f32" });
    return made.outputs[0]!;
  };
  const combine = (operation: "add" | "multiply") => (name: string, a: string, b: string) =>
    node({ kind: "combine", name, op: operation, inputs: [a, b], outputs: [`${name}.y`], operation }, shapeOf(a));
  return {
    node,
    parameter,
    shapeOf,
    add: combine("add"),
    multiply: combine("multiply"),
    linear: (name, x, out, { bias = true, weight = `${name}.weight` } = {}) => {
      const shape = shapeOf(x);
      parameter(weight, [out, shape.at(-1)!], "weight");
      if (bias) parameter(`${name}.bias`, [out], "bias");
      return node(
        {
          kind: "linear",
          name,
          op: "Gemm",
          inputs: [x],
          outputs: [`${name}.y`],
          weight,
          bias: bias ? `${name}.bias` : null,
          layout: "out-in",
          scale: 1,
        },
        [...shape.slice(0, -1), out],
      );
    },
    conv: (name, x, out, kernel, { groups = 1, transposed = false, stride = 1, bias = true, pad = 0 } = {}) => {
      const [n = 1, input = 1, ...space] = shapeOf(x);
      const taps = space.map(() => kernel);
      parameter(
        `${name}.weight`,
        transposed ? [input, out / groups, ...taps] : [out, input / groups, ...taps],
        "weight",
      );
      if (bias) parameter(`${name}.bias`, [out], "bias");
      const size = (s: number) =>
        transposed ? (s - 1) * stride - 2 * pad + kernel : Math.floor((s + 2 * pad - kernel) / stride) + 1;
      return node(
        {
          kind: "conv",
          name,
          op: transposed ? "ConvTranspose" : "Conv",
          inputs: [x],
          outputs: [`${name}.y`],
          weight: `${name}.weight`,
          bias: bias ? `${name}.bias` : null,
          transposed,
          groups,
          kernel: taps,
          strides: space.map(() => stride),
          dilations: space.map(() => 1),
          pads: [...space, ...space].map(() => pad),
        },
        [n, out, ...space.map(size)],
      );
    },
    act: (name, x, activation) =>
      node(
        {
          kind: "activation",
          name,
          op: activation,
          inputs: [x],
          outputs: [`${name}.y`],
          activation: named(activation),
          slope: null,
        },
        shapeOf(x),
      ),
    norm: (name, x, method) => {
      const shape = shapeOf(x);
      const width = method === "batch" ? shape[1]! : shape.at(-1)!;
      parameter(`${name}.weight`, [width], "scale");
      parameter(`${name}.bias`, [width], "shift");
      if (method === "batch") {
        parameter(`${name}.running_mean`, [width], "statistic");
        parameter(`${name}.running_var`, [width], "statistic");
      }
      return node(
        {
          kind: "normalize",
          name,
          op: "Normalization",
          inputs: [x],
          outputs: [`${name}.y`],
          method,
          axes: method === "layer" ? [shape.length - 1] : [],
          groups: 1,
          epsilon: 1e-5,
          scale: `${name}.weight`,
          shift: `${name}.bias`,
          mean: method === "batch" ? `${name}.running_mean` : null,
          variance: method === "batch" ? `${name}.running_var` : null,
          training: true,
        },
        shape,
      );
    },
    finish: (...outputs) => ({
      format: "line",
      name: "built",
      batch: inputShape[0]!,
      inputs: [{ name: "x", shape: inputShape, dtype: vocabulary === null ? "f32" : "i64", batchAxis: 0, vocabulary }],
      outputs,
      nodes,
      tensors,
      parameters,
      constants: new Map(),
      unsupported: [],
      notes: [],
      read: () => null,
    }),
  };
}

/** `depth` layers of `width` with the activation between, then a readout of 10. */
export function chain(width: number, depth: number, activation: string): Model {
  const b = build([1, width]);
  let x = "x";
  for (let i = 1; i <= depth; i++) x = b.act(`act${i}`, b.linear(`fc${i}`, x, width), activation);
  return b.finish(b.linear("head", x, 10));
}

/** Plain residual net: x + W₂ relu(W₁ x), `blocks` times, no normalization. */
export function residualChain(width: number, blocks: number): Model {
  const b = build([1, width]);
  let x = b.linear("stem", "x", width);
  for (let i = 0; i < blocks; i++) {
    const inner = b.act(`act${i}`, b.linear(`b${i}.fc1`, x, width), "relu");
    x = b.add(`add${i}`, x, b.linear(`b${i}.fc2`, inner, width));
  }
  return b.finish(b.linear("head", x, 10));
}

/** Two post-activation blocks with batch norm, the second with a projection on its skip. */
export function batchNormResNet(): Model {
  const b = build([1, 3, 8, 8]);
  let x = b.act("relu", b.norm("bn", b.conv("stem", "x", 16, 3, { pad: 1, bias: false }), "batch"), "relu");
  const block = (name: string, input: string, width: number, project: boolean) => {
    let y = b.act(
      `${name}.relu1`,
      b.norm(`${name}.bn1`, b.conv(`${name}.conv1`, input, width, 3, { pad: 1, bias: false }), "batch"),
      "relu",
    );
    y = b.norm(`${name}.bn2`, b.conv(`${name}.conv2`, y, width, 3, { pad: 1, bias: false }), "batch");
    const skip = project
      ? b.norm(`${name}.down.1`, b.conv(`${name}.down.0`, input, width, 1, { bias: false }), "batch")
      : input;
    return b.act(`${name}.relu2`, b.add(`${name}.add`, y, skip), "relu");
  };
  x = block("layer1", x, 16, false);
  x = block("layer2", x, 32, true);
  const pooled = b.node(
    {
      kind: "reduce",
      name: "pool",
      op: "GlobalAveragePool",
      inputs: [x],
      outputs: ["pool.y"],
      method: "mean",
      axes: [2, 3],
      keepAxes: false,
    },
    [1, 32],
  );
  return b.finish(b.linear("fc", pooled, 10));
}

/** A pre-norm transformer of `layers` blocks with one fused query-key-value matrix, width 64, 4 heads, 16 tokens. */
export function transformer(layers: number, tie = false): Model {
  const [d, heads, tokens, vocabulary] = [64, 4, 16, 100];
  const b = build([1, tokens], vocabulary);
  b.parameter("wte.weight", [vocabulary, d], "embedding");
  let x = b.node(
    { kind: "embedding", name: "wte", op: "Gather", inputs: ["x"], outputs: ["wte.y"], table: "wte.weight" },
    [1, tokens, d],
  );
  b.parameter("pos", [1, tokens, d], "embedding");
  x = b.add("add_pos", x, "pos");
  const reshape = (name: string, from: string, shape: number[]) =>
    b.node({ kind: "reshape", name, op: "Reshape", inputs: [from], outputs: [`${name}.y`], shape }, shape);
  for (let i = 0; i < layers; i++) {
    const p = `h.${i}`;
    const qkv = b.linear(`${p}.attn.c_attn`, b.norm(`${p}.ln_1`, x, "layer"), 3 * d);
    const parts = [`${p}.q`, `${p}.k`, `${p}.v`];
    b.node(
      { kind: "split", name: `${p}.split`, op: "Split", inputs: [qkv], outputs: parts, axis: 2, sizes: [d, d, d] },
      [1, tokens, d],
    );
    const [q, k, v] = parts.map((part) => reshape(`${part}h`, part, [1, heads, tokens, d / heads])) as [
      string,
      string,
      string,
    ];
    const turned = b.node(
      {
        kind: "transpose",
        name: `${p}.kT`,
        op: "Transpose",
        inputs: [k],
        outputs: [`${p}.kT`],
        permutation: [0, 1, 3, 2],
      },
      [1, heads, d / heads, tokens],
    );
    const scores = b.node(
      {
        kind: "matmul",
        name: `${p}.qk`,
        op: "MatMul",
        inputs: [q, turned],
        outputs: [`${p}.scores`],
        scale: 1 / Math.sqrt(d / heads),
      },
      [1, heads, tokens, tokens],
    );
    const weights = b.node(
      {
        kind: "softmax",
        name: `${p}.softmax`,
        op: "Softmax",
        inputs: [scores],
        outputs: [`${p}.p`],
        axis: -1,
        log: false,
      },
      [1, heads, tokens, tokens],
    );
    const mixed = b.node(
      { kind: "matmul", name: `${p}.av`, op: "MatMul", inputs: [weights, v], outputs: [`${p}.av`], scale: 1 },
      [1, heads, tokens, d / heads],
    );
    x = b.add(`${p}.add1`, x, b.linear(`${p}.attn.c_proj`, reshape(`${p}.merge`, mixed, [1, tokens, d]), d));
    const hidden = b.act(`${p}.mlp.act`, b.linear(`${p}.mlp.c_fc`, b.norm(`${p}.ln_2`, x, "layer"), 4 * d), "gelu");
    x = b.add(`${p}.add2`, x, b.linear(`${p}.mlp.c_proj`, hidden, d));
  }
  x = b.norm("ln_f", x, "layer");
  return b.finish(b.linear("lm_head", x, vocabulary, tie ? { bias: false, weight: "wte.weight" } : { bias: false }));
}

/** One recurrent layer of each cell over 5 steps of width 12, hidden 8, PyTorch's gate order. */
export function recurrent(cell: "lstm" | "gru" | "rnn"): Model {
  const gates = { lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"], rnn: ["h"] }[cell];
  const b = build([5, 1, 12]);
  const rows = gates.length * 8;
  b.parameter("rnn.weight_ih_l0", [rows, 12], "recurrent");
  b.parameter("rnn.weight_hh_l0", [rows, 8], "recurrent");
  b.parameter("rnn.bias_ih_l0", [rows], "bias");
  b.parameter("rnn.bias_hh_l0", [rows], "bias");
  const y = b.node(
    {
      kind: "recurrent",
      name: "rnn",
      op: cell.toUpperCase(),
      inputs: ["x"],
      outputs: ["rnn.y", "", ""],
      cell,
      hidden: 8,
      gates,
      directions: [
        {
          inputWeight: "rnn.weight_ih_l0",
          recurrentWeight: "rnn.weight_hh_l0",
          inputBias: "rnn.bias_ih_l0",
          recurrentBias: "rnn.bias_hh_l0",
          reverse: false,
        },
      ],
      timeAxis: 0,
      activations: cell === "rnn" ? ["Tanh"] : ["Sigmoid", "Tanh", "Tanh"],
      resetAfter: true,
      initial: [null, null],
    },
    [5, 1, 1, 8],
  );
  return b.finish(b.linear("fc", y, 4));
}
