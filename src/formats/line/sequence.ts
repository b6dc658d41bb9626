/** Layers of an architecture line over positions: self-attention, recurrence, the last position. */

import type { RecurrentNode } from "../../model/types.ts";
import { addNode, addParameter, type Draft, type Flow, nextName } from "./draft.ts";
import { addLinear } from "./layers.ts";
import { lineError, type Token } from "./scan.ts";
import type { Operation } from "./syntax.ts";

function sequenceOf({ shape }: Flow, what: string, token: Token) {
  const [positions, features, ...more] = shape;
  if (positions === undefined || features === undefined || more.length > 0)
    throw lineError(token, `${what} only on a sequence (positions x features, got ${shape.join("x")}), such as 16x64,`);
  return { positions, features };
}

/** Multi-head self-attention without a mask, softmax(QKᵀ/√d)V with a projection behind it (Vaswani 2017, section 3.2.2). */
export function addAttention(
  draft: Draft,
  flow: Flow,
  { heads, bias }: Extract<Operation, { kind: "attention" }>,
  token: Token,
): Flow {
  const { positions, features } = sequenceOf(flow, "attention", token);
  if (features % heads !== 0) throw lineError(token, `heads that divide the ${features} features, not ${heads},`);
  const size = features / heads;
  const { batch } = draft;
  const name = nextName(draft, "attn");
  /** [batch, positions, features] → heads in front of positions (of sizes, where they are to be multiplied with). */
  const split = (part: string, permutation: readonly number[], shape: readonly number[]): Flow => {
    const made = addLinear(draft, flow, { name: `${name}.${part}_proj`, units: features, bias }, token);
    const apart = `${name}.${part}_heads`;
    const cut = { kind: "reshape", name: apart, op: "Reshape", shape: [batch, positions, heads, size] } as const;
    addNode(draft, { ...cut, inputs: [made.tensor], outputs: [apart] }, [positions, heads, size], token);
    const turned = `${name}.${part}`;
    const turn = { kind: "transpose", name: turned, op: "Transpose", permutation } as const;
    return addNode(draft, { ...turn, inputs: [apart], outputs: [turned] }, shape, token);
  };
  const query = split("q", [0, 2, 1, 3], [heads, positions, size]);
  const key = split("k", [0, 2, 3, 1], [heads, size, positions]);
  const value = split("v", [0, 2, 1, 3], [heads, positions, size]);
  const product = (part: string, [a, b]: readonly [Flow, Flow], scale: number, shape: readonly number[]): Flow => {
    const node = { kind: "matmul", name: `${name}.${part}`, op: "MatMul", scale } as const;
    return addNode(draft, { ...node, inputs: [a.tensor, b.tensor], outputs: [node.name] }, shape, token);
  };
  const scores = product("scores", [query, key], 1 / Math.sqrt(size), [heads, positions, positions]);
  const weights = { kind: "softmax", name: `${name}.weights`, op: "Softmax", axis: 3, log: false } as const;
  const share = addNode(
    draft,
    { ...weights, inputs: [scores.tensor], outputs: [weights.name] },
    [heads, positions, positions],
    token,
  );
  const mean = product("mean", [share, value], 1, [heads, positions, size]);
  const back = { kind: "transpose", name: `${name}.back`, op: "Transpose", permutation: [0, 2, 1, 3] } as const;
  const turned = addNode(
    draft,
    { ...back, inputs: [mean.tensor], outputs: [back.name] },
    [positions, heads, size],
    token,
  );
  const join = { kind: "reshape", name: `${name}.joined`, op: "Reshape", shape: [batch, positions, features] } as const;
  const joined = addNode(
    draft,
    { ...join, inputs: [turned.tensor], outputs: [join.name] },
    [positions, features],
    token,
  );
  return addLinear(draft, joined, { name: `${name}.out_proj`, units: features, bias }, token);
}

type Cell = RecurrentNode["cell"];

/** PyTorch's gates, in its order, and their activations. */
const CELLS: Readonly<Record<Cell, { readonly gates: readonly string[]; readonly activations: readonly string[] }>> = {
  lstm: { gates: ["i", "f", "g", "o"], activations: ["sigmoid", "tanh", "tanh"] },
  gru: { gates: ["r", "z", "n"], activations: ["sigmoid", "tanh"] },
  rnn: { gates: ["h"], activations: ["tanh"] },
};

/** One layer in one direction, every position's state out; parameters as PyTorch names and stacks them. */
export function addRecurrent(
  draft: Draft,
  flow: Flow,
  { cell, units, bias }: Extract<Operation, { kind: "recurrent" }>,
  token: Token,
): Flow {
  const { positions, features } = sequenceOf(flow, cell, token);
  const { gates, activations } = CELLS[cell];
  const name = nextName(draft, cell);
  const rows = gates.length * units;
  const op = cell.toUpperCase();
  const inputWeight = addParameter(draft, `${name}.weight_ih_l0`, [rows, features], "weight", token);
  const recurrentWeight = addParameter(draft, `${name}.weight_hh_l0`, [rows, units], "recurrent", token);
  const biasOf = (part: string) =>
    bias ? addParameter(draft, `${name}.bias_${part}_l0`, [rows], "bias", token) : null;
  const direction = {
    inputWeight,
    recurrentWeight,
    inputBias: biasOf("ih"),
    recurrentBias: biasOf("hh"),
    reverse: false,
  };
  const states = addNode(
    draft,
    {
      kind: "recurrent",
      name,
      op,
      cell,
      hidden: units,
      gates,
      directions: [direction],
      timeAxis: 1,
      activations,
      resetAfter: cell === "gru",
      initial: cell === "lstm" ? [null, null] : [null],
      inputs: [flow.tensor],
      outputs: [name, ""],
    },
    [positions, 1, units],
    token,
  );
  const sequence = `${name}.sequence`;
  const shape = [draft.batch, positions, units];
  return addNode(
    draft,
    { kind: "reshape", name: sequence, op, shape, inputs: [states.tensor], outputs: [sequence] },
    [positions, units],
    token,
  );
}

export function addLast(draft: Draft, flow: Flow, token: Token): Flow {
  const { positions, features } = sequenceOf(flow, "last", token);
  const name = nextName(draft, "last");
  const node = { kind: "gather", name, op: "Gather", axis: 1, indices: [positions - 1], scalar: true } as const;
  return addNode(draft, { ...node, inputs: [flow.tensor], outputs: [name] }, [features], token);
}
