/**
 * The graph while it is built. Keras keeps channels last, the graph's convolutions, pools and normalizations have them on
 * axis 1: a value is held in either order and turned where a layer needs the other, so that chains of maps stay as they are.
 */

import type {
  Constant,
  ModelInput,
  Node,
  Note,
  Parameter,
  Role,
  Stored,
  TensorInfo,
  Unsupported,
} from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { elementCount } from "../shape.ts";

/** How Keras holds a parameter: `view`, the parameter's shape regrouped, is stored with its axes permuted. */
export interface KerasLayout {
  /** Name of Keras's variable. */
  readonly stored: string;
  readonly storedShape: readonly number[];
  /** Which row of the variable it is, where it is not all of it. */
  readonly row: Row | null;
  readonly view: readonly number[];
  /** storedShape[i] = view[permutation[i]] */
  readonly permutation: readonly number[];
}

export interface Row {
  readonly variable: string;
  readonly index: number;
  readonly count: number;
}

/** Shape of the whole variable. */
export const variableShape = ({ storedShape, row }: KerasLayout): readonly number[] =>
  row === null ? storedShape : [row.count, ...storedShape];

interface Held {
  readonly permutation?: readonly number[];
  readonly view?: readonly number[];
  readonly row?: Row;
}

export interface Draft {
  readonly batch: number;
  readonly where: string;
  readonly nodes: Node[];
  readonly tensors: Map<string, TensorInfo>;
  readonly parameters: Map<string, Parameter>;
  readonly constants: Map<string, Constant>;
  readonly layouts: Map<string, KerasLayout>;
  /** Stored shapes of weights that are known otherwise. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Calls so far, by layer. */
  readonly calls: Map<string, number>;
  readonly inputs: ModelInput[];
  readonly unsupported: Unsupported[];
  readonly notes: Note[];
}

/** A value that flows: its shape as Keras has it, and the tensors that hold it in Keras's order and with channels on axis 1. */
export interface Flow {
  readonly shape: readonly number[];
  readonly last: string | null;
  readonly first: string | null;
}

export const createDraft = (batch: number, where: string, shapes: Draft["shapes"]): Draft => ({
  batch,
  where,
  shapes,
  nodes: [],
  tensors: new Map(),
  parameters: new Map(),
  constants: new Map(),
  layouts: new Map(),
  calls: new Map(),
  inputs: [],
  unsupported: [],
  notes: [],
});

/** Adds the node and its outputs, the first of which bears the node's name. */
export function addNode(draft: Draft, node: Node, ...shapes: readonly (readonly number[])[]): string {
  for (const [i, shape] of shapes.entries()) {
    const name = node.outputs[i];
    if (name === undefined || name === "") continue;
    if (shape.some((size) => !(size >= 1)))
      throw new FormatError(`${draft.where}: layer ${node.name} has an output of shape [${shape}], which cannot be`);
    elementCount(shape, `${draft.where}: the output of ${node.name}`);
    if (draft.tensors.has(name)) throw new FormatError(`${draft.where}: two layers make a tensor ${name}`);
    draft.tensors.set(name, { shape, dtype: "f32" });
  }
  draft.nodes.push(node);
  return node.outputs[0] ?? node.name;
}

/** [0, rank − 1, 1 … rank − 2]: channels to axis 1. */
const toFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
/** Channels to the end. */
const toLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

export const channelsFirst = (shape: readonly number[]): number[] => toFirst(shape.length).map((axis) => shape[axis]!);

function turned(draft: Draft, from: string, to: string, permutation: readonly number[]): string {
  if (draft.tensors.has(to)) return to;
  const shape = draft.tensors.get(from)?.shape ?? [];
  const transposed = permutation.map((axis) => shape[axis]!);
  return addNode(
    draft,
    { kind: "transpose", name: to, op: "Transpose", permutation, inputs: [from], outputs: [to] },
    transposed,
  );
}

/** The tensor with channels on axis 1. */
export function firstOf(draft: Draft, { shape, first, last }: Flow): string {
  if (first !== null) return first;
  if (shape.length <= 2) return last ?? "";
  return turned(draft, last ?? "", `${last}/channels_first`, toFirst(shape.length));
}

/** The tensor in Keras's own order. */
export function lastOf(draft: Draft, { shape, first, last }: Flow): string {
  if (last !== null) return last;
  if (shape.length <= 2) return first ?? "";
  return turned(draft, first ?? "", `${first}/channels_last`, toLast(shape.length));
}

/** Vectors are the same in both orders. */
export const flowLast = (tensor: string, shape: readonly number[]): Flow => ({
  shape,
  last: tensor,
  first: shape.length <= 2 ? tensor : null,
});

/** `shape` as Keras has it, channels last. */
export const flowFirst = (tensor: string, shape: readonly number[]): Flow => ({
  shape,
  first: tensor,
  last: shape.length <= 2 ? tensor : null,
});

/** Whichever order is there; elementwise layers keep it. */
export function anyOf(flow: Flow): { readonly tensor: string; readonly keep: typeof flowLast } {
  return flow.last !== null ? { tensor: flow.last, keep: flowLast } : { tensor: flow.first ?? "", keep: flowFirst };
}

/**
 * Adds a parameter once, however often its layer is called.
 *
 * @param shape in the graph's order.
 * @param held how Keras holds it where that is otherwise.
 */
export function addParameter(
  draft: Draft,
  name: string,
  shape: readonly number[],
  role: Role,
  { permutation, view = shape, row }: Held = {},
): string {
  elementCount(shape, `${draft.where}: ${name}`);
  const known = draft.parameters.get(name);
  if (known !== undefined) {
    if (known.shape.join() === shape.join()) return name;
    throw new FormatError(
      `${draft.where}: ${name} is used as [${known.shape}] and as [${shape}], save the model again`,
    );
  }
  const axes = permutation ?? view.map((_, axis) => axis);
  const storedShape = axes.map((axis) => view[axis]!);
  const variable = row?.variable ?? name;
  const layout = { stored: variable, storedShape, row: row ?? null, view, permutation: axes };
  const told = draft.shapes.get(variable);
  const needed = variableShape(layout);
  if (told !== undefined && told.join() !== needed.join())
    throw new FormatError(
      `${draft.where}: ${variable} has shape [${told}], its layer needs [${needed}], save it again`,
    );
  const stored: Stored =
    permutation === undefined ? { kind: "absent" } : { kind: "permuted", initializer: variable, permutation };
  draft.parameters.set(name, { name, shape, dtype: "f32", role, stored });
  draft.layouts.set(name, layout);
  return name;
}
