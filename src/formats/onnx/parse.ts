/** Bytes → ProtoModel. Unknown fields are skipped; nothing recurses, so nesting cannot exhaust the stack. */

import { MAX_FILE_BYTES, MAX_INITIALIZERS, MAX_NAME_BYTES, MAX_NODE_ARGUMENTS, MAX_NODES } from "./caps.ts";
import { parseTensor } from "./parse-tensor.ts";
import type { ProtoAttribute, ProtoDim, ProtoGraph, ProtoModel, ProtoNode, ProtoTensor, ProtoValue } from "./proto.ts";
import { BYTES, eachField, FIXED32, fail, readIntegers, readText, type Span, type Wire } from "./wire.ts";

/** Attribute strings may hold documentation or small scripts; they are read only where an operator needs them. */
const MAX_ATTRIBUTE_TEXT = 65_536;

function text(wire: Wire, type: number, start: number, end: number): string {
  return readText(wire, type, start, end, MAX_NAME_BYTES);
}

function message(type: number, start: number): void {
  if (type !== BYTES) fail(`a message has wire type ${type}`, start);
}

/** Shared by all attributes without such a list; never written to. */
const EMPTY: number[] = [];
const NO_STRINGS: string[] = [];

function parseAttribute(wire: Wire, span: Span): ProtoAttribute {
  let name = "";
  let kind = 0;
  let float: number | null = null;
  let int: number | null = null;
  let string: string | null = null;
  let tensor: ProtoTensor | null = null;
  let graph = false;
  let floats: number[] = EMPTY;
  let ints: number[] = EMPTY;
  let strings: string[] = NO_STRINGS;
  eachField(wire, span.start, span.end, (field, type, value, start, end) => {
    if (field === 1) name = text(wire, type, start, end);
    else if (field === 2 && type === FIXED32) float = wire.view.getFloat32(start, true);
    else if (field === 3) int = value;
    else if (field === 4 && end - start <= MAX_ATTRIBUTE_TEXT) {
      string = readText(wire, type, start, end, MAX_ATTRIBUTE_TEXT);
    } else if (field === 5) {
      message(type, start);
      tensor = parseTensor(wire, { start, end });
    } else if (field === 6 || field === 11) graph = true;
    else if (field === 7) {
      if (floats === EMPTY) floats = [];
      readFloats(wire, type, start, end, floats);
    } else if (field === 8) {
      if (ints === EMPTY) ints = [];
      readIntegers(wire, type, value, { start, end }, ints);
    } else if (field === 9) {
      if (strings === NO_STRINGS) strings = [];
      strings.push(readText(wire, type, start, end, MAX_ATTRIBUTE_TEXT));
    } else if (field === 20) kind = value;
  });
  // Writers of proto3 leave zeros out: the declared kind says that there is a value.
  if (kind === 1 && float === null) float = 0;
  if (kind === 2 && int === null) int = 0;
  return { name, float, int, text: string, tensor, floats, ints, strings, graph };
}

function readFloats(wire: Wire, type: number, start: number, end: number, out: number[]): void {
  if (type !== FIXED32 && type !== BYTES) fail("a list of floats has the wrong wire type", start);
  if ((end - start) % 4 !== 0) fail("a list of floats is not a multiple of four bytes long", start);
  for (let at = start; at < end; at += 4) out.push(wire.view.getFloat32(at, true));
}

function parseNode(wire: Wire, span: Span): ProtoNode {
  let name = "";
  let op = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, ProtoAttribute>();
  eachField(wire, span.start, span.end, (field, type, _value, start, end) => {
    if (field === 1) inputs.push(text(wire, type, start, end));
    else if (field === 2) outputs.push(text(wire, type, start, end));
    else if (field === 3) name = text(wire, type, start, end);
    else if (field === 4) op = text(wire, type, start, end);
    else if (field === 5) {
      message(type, start);
      const attribute = parseAttribute(wire, { start, end });
      attributes.set(attribute.name, attribute);
    } else if (field === 7) domain = text(wire, type, start, end);
    if (inputs.length > MAX_NODE_ARGUMENTS || outputs.length > MAX_NODE_ARGUMENTS) {
      fail(`node ${name || op} has more than ${MAX_NODE_ARGUMENTS} inputs or outputs`, span.start);
    }
  });
  return { name, op, domain: domain === "ai.onnx" ? "" : domain, inputs, outputs, attributes, span };
}

function parseDim(wire: Wire, start: number, end: number): ProtoDim {
  let dim: ProtoDim = null;
  eachField(wire, start, end, (field, type, value, from, to) => {
    if (field === 1) dim = value;
    else if (field === 2) dim = text(wire, type, from, to);
  });
  return dim;
}

function parseShape(wire: Wire, start: number, end: number): ProtoDim[] {
  const dims: ProtoDim[] = [];
  eachField(wire, start, end, (field, type, _value, from, to) => {
    if (field !== 1) return;
    message(type, from);
    dims.push(parseDim(wire, from, to));
  });
  return dims;
}

function parseValue(wire: Wire, span: Span): ProtoValue {
  let name = "";
  let elementType = 0;
  let dims: ProtoDim[] | null = null;
  eachField(wire, span.start, span.end, (field, type, _value, start, end) => {
    if (field === 1) name = text(wire, type, start, end);
    else if (field === 2 && type === BYTES) {
      eachField(wire, start, end, (kind, kindType, _v, from, to) => {
        if (kind !== 1 || kindType !== BYTES) return;
        eachField(wire, from, to, (part, partType, value, a, b) => {
          if (part === 1) elementType = value;
          else if (part === 2 && partType === BYTES) dims = parseShape(wire, a, b);
        });
      });
    }
  });
  return { name, type: elementType, dims, span };
}

function parseGraph(wire: Wire, span: Span): ProtoGraph {
  let name = "";
  let sparse = 0;
  const nodes: ProtoNode[] = [];
  const initializers = new Map<string, ProtoTensor>();
  const inputs: ProtoValue[] = [];
  const outputs: ProtoValue[] = [];
  const values = new Map<string, ProtoValue>();
  eachField(wire, span.start, span.end, (field, type, _value, start, end) => {
    const part = { start, end };
    if (field === 2) name = text(wire, type, start, end);
    else if (field !== 1 && field !== 5 && field !== 11 && field !== 12 && field !== 13 && field !== 15) return;
    else message(type, start);
    if (field === 1) {
      if (nodes.length >= MAX_NODES) fail(`more than ${MAX_NODES} nodes`, start);
      nodes.push(parseNode(wire, part));
    } else if (field === 5) {
      if (initializers.size >= MAX_INITIALIZERS) fail(`more than ${MAX_INITIALIZERS} initializers`, start);
      const tensor = parseTensor(wire, part);
      if (initializers.has(tensor.name)) fail(`initializer ${tensor.name} is there twice`, start);
      initializers.set(tensor.name, tensor);
    } else if (field === 11) inputs.push(parseValue(wire, part));
    else if (field === 12) outputs.push(parseValue(wire, part));
    else if (field === 13) {
      const info = parseValue(wire, part);
      values.set(info.name, info);
    } else if (field === 15) sparse++;
  });
  return { name, nodes, initializers, inputs, outputs, values, sparse, computed: new Map() };
}

/** The span of the GraphProto in the file, for the writer. */
export function findGraph(wire: Wire): Span {
  let graph: Span | null = null;
  eachField(wire, 0, wire.bytes.length, (field, type, _value, start, end) => {
    if (field !== 7 || type !== BYTES) return;
    if (graph) fail("the file holds two graphs; it is damaged", start);
    graph = { start, end };
  });
  return graph ?? fail("the file holds no graph; it is empty or not an ONNX file", 0);
}

export function parseModel(wire: Wire): ProtoModel {
  const { length } = wire.bytes;
  if (length > MAX_FILE_BYTES) fail(`${length} bytes; a protobuf message ends at 2 GiB`, null);
  let irVersion = 0;
  let producer = "";
  let opset = 1;
  eachField(wire, 0, length, (field, type, value, start, end) => {
    if (field === 1) irVersion = value;
    else if (field === 2) producer = text(wire, type, start, end);
    else if (field === 8 && type === BYTES) {
      let domain = "";
      let version = 0;
      eachField(wire, start, end, (part, partType, number, from, to) => {
        if (part === 1) domain = text(wire, partType, from, to);
        else if (part === 2) version = number;
      });
      if (domain === "" || domain === "ai.onnx") opset = version;
    }
  });
  return { irVersion, producer, opset, graph: parseGraph(wire, findGraph(wire)) };
}
