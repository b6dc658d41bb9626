/** The same graph with new weights: everything but the tensors that change is copied byte for byte. */

import type { Dtype, Model, Parameter } from "../../model/types.ts";
import { DTYPE_BYTES, encodeNumbers } from "../dtype.ts";
import { MAX_FILE_BYTES } from "./caps.ts";
import { elementType } from "./dtype.ts";
import { concatBytes, encodeBytes, encodeCast, encodeHead, encodeTensorHead, encodeValueInfo } from "./encode.ts";
import { narrowName, type Unwrapped, unwrapNarrow } from "./narrow.ts";
import { findGraph, parseModel } from "./parse.ts";
import type { ProtoNode, ProtoTensor } from "./proto.ts";
import { countOf } from "./shape.ts";
import { putInto } from "./stored.ts";
import { type ExternalSource, readFloats, type TensorSource, tensorSource } from "./tensor.ts";
import { eachField, fail, readText, type Wire } from "./wire.ts";

type Numbers = Float32Array | Float64Array;

/** New values of a parameter in its own shape and gate order; null keeps what the file has. */
export type ParameterValues = (parameter: string) => Numbers | null;

export interface WriteOnnxOptions {
  /** Storage type of the weights; the graph still computes in its own. Default: as the file stores them. */
  readonly dtype?: "f32" | "f16" | "bf16";
  /** External data of the file that is read; what is written is inline. */
  readonly external?: ExternalSource;
}

/** A tensor to be written: where it goes, which parameters it holds. */
interface Target {
  /** Name by which the graph uses it. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly storage: Dtype;
  readonly computed: Dtype;
  readonly parameters: readonly Parameter[];
  readonly tensor: ProtoTensor | null;
}

interface Job {
  readonly wire: Wire;
  readonly source: TensorSource;
  readonly unwrapped: Unwrapped;
  readonly irVersion: number;
  readonly targets: ReadonlyMap<string, Target>;
  /** Bytes of dropped nodes by where they start, of dropped initializers and inputs by name. */
  readonly droppedNodes: ReadonlySet<number>;
  readonly droppedNames: ReadonlySet<string>;
}

function groupParameters(model: Model): Map<string, Parameter[]> {
  const groups = new Map<string, Parameter[]>();
  for (const parameter of model.parameters.values()) {
    const { stored } = parameter;
    if (stored.kind === "absent") continue;
    const own = stored.kind === "shared" || stored.kind === "filled";
    const key = own ? parameter.name : stored.initializer;
    const group = groups.get(key);
    if (group) group.push(parameter);
    else groups.set(key, [parameter]);
  }
  return groups;
}

function planJob(model: Model, bytes: Uint8Array, options: WriteOnnxOptions): Job {
  const source = tensorSource(bytes, options.external ?? null);
  const proto = parseModel(source.wire);
  const unwrapped = unwrapNarrow(proto.graph);
  const { graph, narrow } = unwrapped;
  const producers = new Map<string, ProtoNode>();
  for (const node of graph.nodes) for (const output of node.outputs) producers.set(output, node);
  const targets = new Map<string, Target>();
  const droppedNodes = new Set<number>();
  const droppedNames = new Set<string>();
  const shapes = new Map<string, number>();
  for (const [name, parameters] of groupParameters(model)) {
    const node = producers.get(name);
    const tensor = graph.initializers.get(name) ?? node?.attributes.get("value")?.tensor ?? null;
    const filled = parameters[0].stored.kind === "filled" || parameters[0].stored.kind === "shared";
    if (!node && !graph.initializers.has(name)) {
      throw new Error(`writeOnnx: parameter ${name} is not in this file, got a model read from another one`);
    }
    const stored = filled ? parameters[0].dtype : (elementType(tensor?.type ?? 0)?.dtype ?? "f32");
    const computed = narrow.get(name)?.computed ?? stored;
    const dims = filled ? dimsOfFilled(parameters[0], unwrapped) : (tensor?.dims ?? parameters[0].shape);
    targets.set(name, {
      name,
      dims,
      storage: options.dtype ?? stored,
      computed,
      parameters,
      tensor: filled ? null : tensor,
    });
    if (node) {
      droppedNodes.add(node.span.start);
      if (node.op === "ConstantOfShape") shapes.set(node.inputs[0], (shapes.get(node.inputs[0]) ?? 0) + 1);
    }
    const cast = narrow.get(name);
    if (cast) {
      droppedNodes.add(cast.node.span.start);
      droppedNames.add(cast.initializer);
    }
  }
  const uses = new Map<string, number>();
  for (const node of graph.nodes) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  for (const [shape, dropped] of shapes) if (uses.get(shape) === dropped) droppedNames.add(shape);
  return { wire: source.wire, source, unwrapped, irVersion: proto.irVersion, targets, droppedNodes, droppedNames };
}

/** A merged parameter keeps the dimensions of the tensor it shared. */
function dimsOfFilled(parameter: Parameter, { graph }: Unwrapped): readonly number[] {
  const { stored } = parameter;
  return (stored.kind === "shared" ? graph.initializers.get(stored.initializer)?.dims : null) ?? parameter.shape;
}

function valuesOf(job: Job, model: Model, target: Target, values: ParameterValues): Uint8Array {
  const count = countOf(target.dims);
  const existing = (): Numbers =>
    target.tensor
      ? readFloats(job.source, target.tensor).slice()
      : (model.read(target.parameters[0].name)?.slice() ?? new Float32Array(count));
  const given = target.parameters.map((parameter) => ({ parameter, numbers: values(parameter.name) }));
  const covered = given.reduce((sum, { parameter, numbers }) => sum + (numbers ? countOf(parameter.shape) : 0), 0);
  const fresh = (): Numbers => (target.storage === "f64" ? new Float64Array(count) : new Float32Array(count));
  const stored = covered === count ? fresh() : existing();
  for (const { parameter, numbers } of given) {
    if (!numbers) continue;
    const needed = countOf(parameter.shape);
    if (numbers.length !== needed) {
      throw new Error(
        `writeOnnx: ${parameter.name} [${parameter.shape}] needs ${needed} values, got ${numbers.length}`,
      );
    }
    putInto(stored, target.dims, parameter, numbers);
  }
  return encodeNumbers(stored, target.storage);
}

interface Piece {
  readonly length: number;
  readonly bytes: () => Uint8Array;
}

function piece(bytes: Uint8Array): Piece {
  return { length: bytes.length, bytes: () => bytes };
}

/** Field 5 of the graph: head at once, values only when they are written. */
function tensorPieces(job: Job, model: Model, target: Target, values: ParameterValues): Piece[] {
  const narrow = target.storage !== target.computed;
  const name = narrow ? narrowName(target.name, target.storage) : target.name;
  const length = countOf(target.dims) * DTYPE_BYTES[target.storage];
  const head = encodeTensorHead(name, target.dims, target.storage, length);
  return [
    piece(concatBytes([encodeHead(5, head.length + length), head])),
    { length, bytes: () => valuesOf(job, model, target, values) },
  ];
}

function nameOf(job: Job, start: number, end: number, field: number): string {
  let name = "";
  eachField(job.wire, start, end, (part, type, _value, from, to) => {
    if (part === field) name = readText(job.wire, type, from, to, end - start);
  });
  return name;
}

function graphPieces(job: Job, model: Model, values: ParameterValues): Piece[] {
  const { wire, targets } = job;
  const span = findGraph(wire);
  const front: Piece[] = [];
  const pieces: Piece[] = [];
  const written = new Set<string>();
  const inputs = new Set<string>();
  const put = (target: Target): void => {
    if (written.has(target.name)) return;
    written.add(target.name);
    pieces.push(...tensorPieces(job, model, target, values));
    if (target.storage !== target.computed) {
      const input = narrowName(target.name, target.storage);
      front.push(piece(encodeBytes(1, encodeCast(input, target.name, target.computed))));
    }
  };
  const byFile = new Map<string, Target>();
  for (const [name, target] of targets) byFile.set(job.unwrapped.narrow.get(name)?.initializer ?? name, target);
  let copiedTo = span.start;
  const copyUntil = (end: number): void => {
    if (end > copiedTo) pieces.push(piece(wire.bytes.subarray(copiedTo, end)));
  };
  let fieldStart = span.start;
  eachField(wire, span.start, span.end, (field, _type, _value, start, end) => {
    const from = fieldStart;
    fieldStart = end;
    let replace: Target | null = null;
    let drop = false;
    if (field === 1) drop = job.droppedNodes.has(start);
    else if (field === 5) {
      const name = nameOf(job, start, end, 8);
      replace = byFile.get(name) ?? null;
      drop = replace !== null || job.droppedNames.has(name);
    } else if (field === 11) {
      const name = nameOf(job, start, end, 1);
      const target = byFile.get(name);
      const renamed = target !== undefined && target.storage !== target.computed;
      drop = job.droppedNames.has(name) || renamed;
      if (!drop) inputs.add(name);
    }
    if (!drop) return;
    copyUntil(from);
    copiedTo = end;
    if (replace) put(replace);
  });
  copyUntil(span.end);
  for (const target of targets.values()) put(target);
  // Before IR version 4 every initializer is a graph input too.
  if (job.irVersion < 4) {
    for (const { name, dims, storage, computed } of targets.values()) {
      const own = storage === computed ? name : narrowName(name, storage);
      if (!inputs.has(own)) pieces.push(piece(encodeBytes(11, encodeValueInfo(own, dims, storage))));
    }
  }
  return [...front, ...pieces];
}

/**
 * Writes an ONNX file: the graph of `bytes` with new values for its parameters, as a sequence of chunks. Only one
 * tensor is held at a time.
 *
 * What the exporter did is undone or redone as the file needs it: transposed and packed weights are put back into the
 * stored order, merged parameters get initializers of their own, ConstantOfShape placeholders become initializers.
 *
 * @param model what `readOnnx(bytes)` returned. @param bytes the file it was read from.
 * @param values new values by parameter name, in the parameter's own shape; null keeps the file's.
 * @throws Error where a parameter's values have the wrong count, or the file would pass 2 GiB (protobuf's limit).
 */
export function* writeOnnxChunks(
  model: Model,
  bytes: Uint8Array,
  values: ParameterValues,
  options: WriteOnnxOptions = {},
): Generator<Uint8Array> {
  const job = planJob(model, bytes, options);
  const graph = graphPieces(job, model, values);
  const length = graph.reduce((sum, part) => sum + part.length, 0);
  if (length + bytes.length - (findGraph(job.wire).end - findGraph(job.wire).start) > MAX_FILE_BYTES) {
    throw new Error(
      `writeOnnx: a protobuf file ends at 2 GiB, got ${length} bytes of graph; write .safetensors instead`,
    );
  }
  let done = 0;
  const others: { readonly start: number; readonly end: number; readonly graph: boolean }[] = [];
  eachField(job.wire, 0, bytes.length, (field, _type, _value, _start, end) => {
    others.push({ start: done, end, graph: field === 7 });
    done = end;
  });
  for (const part of others) {
    if (!part.graph) yield bytes.subarray(part.start, part.end);
    else {
      yield encodeHead(7, length);
      for (const chunk of graph) yield checkedLength(chunk);
    }
  }
}

function checkedLength(chunk: Piece): Uint8Array {
  const bytes = chunk.bytes();
  if (bytes.length !== chunk.length)
    fail(`a tensor came out at ${bytes.length} bytes where ${chunk.length} were planned`, null);
  return bytes;
}

/** `writeOnnxChunks` in one piece. */
export function writeOnnx(
  model: Model,
  bytes: Uint8Array,
  values: ParameterValues,
  options: WriteOnnxOptions = {},
): Uint8Array {
  return concatBytes([...writeOnnxChunks(model, bytes, values, options)]);
}
