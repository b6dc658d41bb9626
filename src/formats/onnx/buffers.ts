/**
 * What the state dict holds besides parameters: masks, position ids, counters.
 *
 * torch.onnx.export makes initializers of the persistent buffers that the graph uses and calls them as the state dict
 * does; a buffer that is not persistent becomes a nameless constant.
 */

import type { Buffer, Note, Parameter } from "../../model/types.ts";
import { elementType } from "./dtype.ts";
import { isGenerated } from "./names.ts";
import type { ProtoGraph, ProtoTensor } from "./proto.ts";
import { hasValues, readBytes, type TensorSource } from "./tensor.ts";
import { isStructural, type Use, type Uses } from "./usage.ts";

interface Found {
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly notes: readonly Note[];
}

/** A module's path and the buffer's own name: "h.0.attn.mask". */
const PATH = /^[A-Za-z_]\w*(\.\w+)+$/;
/** A buffer of the outermost module: "mask". */
const WORD = /^[A-Za-z_]\w*$/;
const RUNNING_MEAN = "running_mean";
const RUNNING_VARIANCE = "running_var";
const COUNTER = "num_batches_tracked";

/** Shapes, axes and bounds that an operator takes as a tensor, in the slots where all operators of the set have them. */
const ATTRIBUTE_SLOTS: Readonly<Record<string, number>> = {
  Reshape: 1,
  Expand: 1,
  ConstantOfShape: 0,
  Tile: 1,
  Squeeze: 1,
  Unsqueeze: 1,
  Split: 1,
  Slice: 1,
  ReduceSum: 1,
  ReduceMean: 1,
};

function isAttribute(use: Use): boolean {
  const from = ATTRIBUTE_SLOTS[use.node.op];
  return isStructural(use) || (from !== undefined && use.slot >= from);
}

function isBufferName(name: string, tensor: ProtoTensor, uses: Uses): boolean {
  if (isGenerated(name)) return false;
  const own = uses.get(name) ?? [];
  if (own.length > 0 && own.every(isAttribute)) return false;
  // Graphs made by hand call scalars and unused leftovers by single words too.
  return PATH.test(name) || (WORD.test(name) && tensor.dims.length > 0 && own.length > 0);
}

/** A scalar counter for each normalization that tracks statistics: PyTorch's state dict has one, no graph uses it. */
function counters(parameters: ReadonlyMap<string, Parameter>, taken: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of parameters.keys()) {
    if (name !== RUNNING_MEAN && !name.endsWith(`.${RUNNING_MEAN}`)) continue;
    const module = name.slice(0, -RUNNING_MEAN.length);
    const counter = module + COUNTER;
    if (!parameters.has(module + RUNNING_VARIANCE) || parameters.has(counter) || taken.has(counter)) continue;
    found.set(counter, { shape: [], dtype: "i64", bytes: () => new Uint8Array(8) });
  }
  return found;
}

/** Boolean tensors are never learned: one without its name was a buffer. */
function lostNames(graph: ProtoGraph): Note[] {
  return [...graph.initializers.values()].flatMap((tensor): Note[] => {
    const { name } = tensor;
    if (!isGenerated(name) || elementType(tensor.type)?.dtype !== "bool" || tensor.dims.length === 0) return [];
    const message = `the exporter lost the name of ${name} [${tensor.dims}], a buffer; weight files leave it out`;
    return [{ code: "names-lost", message, tensors: [name] }];
  });
}

/**
 * The buffers of a graph by their state dict's names, those that an Identity node shares included.
 *
 * PyTorch's `num_batches_tracked` is not in any ONNX file: beside each running_mean and running_var it is made up as 0,
 * its value at initialization, and a note says so.
 */
export function findBuffers(
  graph: ProtoGraph,
  source: TensorSource,
  uses: Uses,
  parameters: ReadonlyMap<string, Parameter>,
): Found {
  const buffers = new Map<string, Buffer>();
  const held = new Set<string>();
  for (const { stored } of parameters.values()) if ("initializer" in stored) held.add(stored.initializer);
  const isFree = (name: string): boolean => !parameters.has(name) && !held.has(name);
  const put = (name: string, tensor: ProtoTensor): void => {
    const dtype = elementType(tensor.type)?.dtype;
    if (!dtype || !isFree(name) || !isBufferName(name, tensor, uses) || !hasValues(source, tensor)) return;
    buffers.set(name, { shape: tensor.dims, dtype, bytes: () => readBytes(source, tensor) });
  };
  for (const [name, tensor] of graph.initializers) put(name, tensor);
  for (const { op, inputs, outputs } of graph.nodes) {
    const tensor = graph.initializers.get(inputs[0] ?? "");
    if (op === "Identity" && tensor && isFree(tensor.name) && outputs[0]) put(outputs[0], tensor);
  }
  const made = counters(parameters, buffers);
  const notes = lostNames(graph);
  if (made.size > 0) {
    const tensors = [...made.keys()];
    const message = `${made.size} counters such as ${tensors[0]} are not in the file; weight files hold 0 for them`;
    notes.push({ code: "assumed", message, tensors });
  }
  return { buffers: new Map([...buffers, ...made]), notes };
}
