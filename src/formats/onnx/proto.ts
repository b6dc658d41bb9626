/** The parts of an ONNX file that a model is made of, as plain data. Source: onnx/onnx.proto, IR version 3 to 10. */

import type { Dtype } from "../../model/types.ts";
import type { Span } from "./wire.ts";

/** A tensor in the file; its values stay where they are until `tensor.ts` decodes them. */
export interface ProtoTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  /** The whole TensorProto. */
  readonly span: Span;
  readonly raw: Span | null;
  readonly external: ExternalData | null;
}

export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number | null;
}

export interface ProtoAttribute {
  readonly name: string;
  readonly float: number | null;
  readonly int: number | null;
  readonly text: string | null;
  readonly tensor: ProtoTensor | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
  /** Holds a subgraph (If, Loop, Scan). */
  readonly graph: boolean;
}

export interface ProtoNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, ProtoAttribute>;
  readonly span: Span;
}

/** null: neither a number nor a symbol is given. */
export type ProtoDim = number | string | null;

export interface ProtoValue {
  readonly name: string;
  readonly type: number;
  /** null: the rank is not given. */
  readonly dims: readonly ProtoDim[] | null;
  readonly span: Span;
}

export interface ProtoGraph {
  readonly name: string;
  readonly nodes: readonly ProtoNode[];
  readonly initializers: ReadonlyMap<string, ProtoTensor>;
  readonly inputs: readonly ProtoValue[];
  readonly outputs: readonly ProtoValue[];
  readonly values: ReadonlyMap<string, ProtoValue>;
  readonly sparse: number;
  /** What the graph computes in, for weights that are stored in another type (`narrow.ts`). */
  readonly computed: ReadonlyMap<string, Dtype>;
}

export interface ProtoModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly graph: ProtoGraph;
}
