/** Convolutions and pools of an architecture line. */

import { addNode, addParameter, type Draft, type Flow, nextName } from "./draft.ts";
import { lineError, type Token } from "./scan.ts";
import type { Operation, Window } from "./syntax.ts";

interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly space: readonly number[];
}

/** One number for all axes, or one for each. */
function spread(values: readonly number[], axes: number, what: string, token: Token): number[] {
  if (values.length === 1) return Array.from({ length: axes }, () => values[0]!);
  if (values.length !== axes) throw lineError(token, `one ${what} or one for each of the ${axes} axes of the map`);
  return [...values];
}

/** The window on a map of `space`; PyTorch's output sizes (rounded down). */
function place(window: Window, space: readonly number[], transposed: boolean, token: Token): Geometry {
  const axes = space.length;
  const kernel = spread(window.kernel, axes, "window size", token);
  const strides = spread(window.stride, axes, "stride", token);
  const dilations = spread(window.dilation, axes, "dilation", token);
  const reach = kernel.map((size, i) => dilations[i]! * (size - 1) + 1);
  const same = window.pad === "same";
  const begins = same ? reach.map((size) => Math.floor((size - 1) / 2)) : spread(window.pad, axes, "padding", token);
  const ends = same ? reach.map((size, i) => size - 1 - begins[i]!) : begins;
  const sizes = space.map((size, i) => {
    const padding = begins[i]! + ends[i]!;
    if (transposed) return (size - 1) * strides[i]! - padding + reach[i]!;
    return Math.floor((size + padding - reach[i]!) / strides[i]!) + 1;
  });
  if (sizes.some((size) => size < 1)) {
    throw lineError(token, `a window that fits the map of ${space.join("x")} (smaller, or with more padding)`);
  }
  return { kernel, strides, dilations, pads: [...begins, ...ends], space: sizes };
}

function mapOf({ shape }: Flow, what: string, token: Token) {
  const [channels, ...space] = shape;
  if (channels === undefined || space.length === 0) {
    throw lineError(
      token,
      `${what} only on a map (channels x sizes, got ${shape.join("x")}): begin with e.g. 1x28x28,`,
    );
  }
  return { channels, space };
}

export function addConv(draft: Draft, flow: Flow, conv: Extract<Operation, { kind: "conv" }>, token: Token): Flow {
  const { channels, space } = mapOf(flow, "conv", token);
  const groups = conv.groups ?? channels;
  if (channels % groups !== 0 || conv.channels % groups !== 0) {
    throw lineError(token, `groups that divide ${channels} input and ${conv.channels} output channels, not ${groups},`);
  }
  const { space: sizes, ...geometry } = place(conv.window, space, conv.transposed, token);
  const name = nextName(draft, conv.transposed ? "deconv" : "conv");
  const [first, second] = conv.transposed ? [channels, conv.channels / groups] : [conv.channels, channels / groups];
  const weight = addParameter(draft, `${name}.weight`, [first, second, ...geometry.kernel], "weight", token);
  const bias = conv.bias ? addParameter(draft, `${name}.bias`, [conv.channels], "bias", token) : null;
  const { transposed } = conv;
  const node = {
    kind: "conv",
    name,
    op: transposed ? "ConvTranspose" : "Conv",
    weight,
    bias,
    transposed,
    groups,
  } as const;
  return addNode(
    draft,
    { ...node, ...geometry, inputs: [flow.tensor], outputs: [name] },
    [conv.channels, ...sizes],
    token,
  );
}

export function addPool(draft: Draft, flow: Flow, pool: Extract<Operation, { kind: "pool" }>, token: Token): Flow {
  const { channels, space } = mapOf(flow, "pool", token);
  const { space: sizes, ...geometry } = place(pool.window, space, false, token);
  const { method } = pool;
  const name = nextName(draft, method === "max" ? "maxpool" : "avgpool");
  const op = method === "max" ? "MaxPool" : "AveragePool";
  return addNode(
    draft,
    { kind: "pool", name, op, method, ...geometry, countPadding: true, inputs: [flow.tensor], outputs: [name] },
    [channels, ...sizes],
    token,
  );
}

export function addGlobalPool(draft: Draft, flow: Flow, method: "mean" | "max", token: Token): Flow {
  const { channels, space } = mapOf(flow, "global pool", token);
  const name = nextName(draft, "globalpool");
  const op = method === "mean" ? "GlobalAveragePool" : "GlobalMaxPool";
  const axes = space.map((_, i) => i + 2);
  return addNode(
    draft,
    { kind: "reduce", name, op, method, axes, keepAxes: true, inputs: [flow.tensor], outputs: [name] },
    [channels, ...space.map(() => 1)],
    token,
  );
}
