/**
 * The graph that every file format is read into, and that propagation, planning, running and checking work on.
 *
 * Shapes are concrete: a symbolic batch dimension is bound when the file is read (`Model.batch`). Values that flow are
 * named by the file's own tensor names; parameters are named by the framework's own names wherever the file lets us
 * recover them. A value name in `inputs` is an activation tensor, a parameter or a constant: look it up in that order.
 */

import type { ActivationReference, FunctionsReference } from "../activation/reference.ts";

export type { ActivationReference, FunctionsReference };

export type Dtype =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "i64"
  | "i32"
  | "i16"
  | "i8"
  | "u64"
  | "u32"
  | "u16"
  | "u8"
  | "bool";

export type Role = "weight" | "bias" | "scale" | "shift" | "embedding" | "recurrent" | "statistic" | "other";

export interface TensorInfo {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

/**
 * How the file holds a parameter.
 * - `whole`: an initializer of the same shape holds it (possibly under another name).
 * - `permuted`: stored transposed; `permutation` takes the parameter's axes to the stored axes
 *   (stored.shape[i] = parameter.shape[permutation[i]]).
 * - `shared`: the exporter merged it with an equal initializer and left an Identity node whose output is this parameter.
 * - `packed`: a block of rows of a stored recurrent matrix: rows `offset … offset + shape[0]` of axis `axis` after
 *   reshaping the block to the parameter's shape, gates permuted: stored gate g is the parameter's gate `gates[g]`.
 * - `filled`: a ConstantOfShape node whose output bears the parameter's name; no values in the file.
 * - `absent`: a shape without values (architecture line, shape list).
 */
export type Stored =
  | { readonly kind: "whole"; readonly initializer: string }
  | { readonly kind: "permuted"; readonly initializer: string; readonly permutation: readonly number[] }
  | { readonly kind: "shared"; readonly initializer: string; readonly identity: string }
  | {
      readonly kind: "packed";
      readonly initializer: string;
      readonly direction: number;
      readonly offset: number;
      readonly gates: readonly number[];
    }
  | { readonly kind: "filled"; readonly node: string }
  | { readonly kind: "absent" };

export interface Parameter extends TensorInfo {
  readonly name: string;
  readonly role: Role;
  readonly stored: Stored;
}

/** A tensor known when the file is read: small, real numbers, row-major. Booleans are 0 and 1. */
export interface Constant extends TensorInfo {
  readonly values: Float64Array;
}

/**
 * A tensor that the framework's state dict holds under this name and that is not learned: an attention mask, position
 * ids, a counter. Plans leave it out; weight files hold it as it is.
 */
export interface Buffer extends TensorInfo {
  /** Its values: little-endian, row-major, in `dtype`. A view of the file where that can be. */
  readonly bytes: () => Uint8Array;
}

export interface ModelInput extends TensorInfo {
  readonly name: string;
  /** Axis that counts samples; null when the file has none (e.g. an unbatched input). */
  readonly batchAxis: number | null;
  /** Number of distinct token ids, where the input indexes an embedding; null for real-valued inputs. */
  readonly vocabulary: number | null;
}

interface NodeBase {
  /** Unique in the model; the file's node name, or derived from its first output. */
  readonly name: string;
  /** The operator(s) as the file names them, e.g. "Gemm", "MatMul+Add", "ReduceMean+Sub+Pow+…". */
  readonly op: string;
  /** Values that flow in (activations, or parameters and constants where an operand may be any of them). */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** y = scale · x Wᵀ + b over the last axis of x. weight is [out, in] ("out-in") or [in, out] ("in-out"). */
export interface LinearNode extends NodeBase {
  readonly kind: "linear";
  readonly weight: string;
  readonly bias: string | null;
  readonly layout: "out-in" | "in-out";
  readonly scale: number;
}

/** x is [N, C, …space]. weight is [out, in/groups, …kernel]; transposed: [in, out/groups, …kernel]. pads: begins, then ends. */
export interface ConvNode extends NodeBase {
  readonly kind: "conv";
  readonly weight: string;
  readonly bias: string | null;
  readonly transposed: boolean;
  readonly groups: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** inputs[0] holds indices; table is [vocabulary, features]; output shape = indices' shape + [features]. */
export interface EmbeddingNode extends NodeBase {
  readonly kind: "embedding";
  readonly table: string;
}

export interface RecurrentDirection {
  /** [gates·hidden, input] and [gates·hidden, hidden], gates in the order of `gates`. */
  readonly inputWeight: string;
  readonly recurrentWeight: string;
  /** [gates·hidden] each. */
  readonly inputBias: string | null;
  readonly recurrentBias: string | null;
  readonly reverse: boolean;
}

/** outputs: [sequence, last hidden, last cell (lstm)], an empty string where the file does not use one. Sequence output
 * keeps the ONNX layout [time, directions, N, hidden] (timeAxis 0) or [N, time, directions, hidden] (timeAxis 1). */
export interface RecurrentNode extends NodeBase {
  readonly kind: "recurrent";
  readonly cell: "lstm" | "gru" | "rnn";
  readonly hidden: number;
  /** Order of the gates in the parameters: lstm i f g o, gru r z n (PyTorch's) unless the file says otherwise. */
  readonly gates: readonly string[];
  readonly directions: readonly RecurrentDirection[];
  readonly timeAxis: 0 | 1;
  /** rnn: the cell's activation; lstm / gru: gate, candidate, output. Catalogue names, numbers in brackets. */
  readonly activations: readonly string[];
  /** gru only: reset gate applied after (true, PyTorch) or before the recurrent product. */
  readonly resetAfter: boolean;
  /** initial hidden / cell state values, null for zeros. */
  readonly initial: readonly (string | null)[];
}

/** Elementwise function of one tensor. `slope` is the parameter of a PReLU. */
export interface ActivationNode extends NodeBase {
  readonly kind: "activation";
  readonly activation: ActivationReference;
  readonly slope: string | null;
}

/** Elementwise combination with broadcasting. */
export interface CombineNode extends NodeBase {
  readonly kind: "combine";
  readonly operation: "add" | "subtract" | "multiply" | "divide" | "maximum" | "minimum" | "power";
}

/** Product of two tensors over the last axis of the first and the last but one of the second. */
export interface MatmulNode extends NodeBase {
  readonly kind: "matmul";
  readonly scale: number;
}

export interface SoftmaxNode extends NodeBase {
  readonly kind: "softmax";
  readonly axis: number;
  readonly log: boolean;
}

/** y = (x − mean) / √(variance + ε) · scale + shift. batch: channel axis 1; layer and rms: over `axes`; group, instance: axis 1. */
export interface NormalizeNode extends NodeBase {
  readonly kind: "normalize";
  readonly method: "batch" | "layer" | "group" | "instance" | "rms";
  readonly axes: readonly number[];
  readonly groups: number;
  readonly epsilon: number;
  readonly scale: string | null;
  readonly shift: string | null;
  /** batch: running statistics. */
  readonly mean: string | null;
  readonly variance: string | null;
  /** batch: share of a running statistic that a training step keeps; default 0.9 (ONNX; PyTorch calls the rest momentum). */
  readonly momentum?: number;
  /** batch: how the file was exported (training_mode); `--mode` overrides. */
  readonly training: boolean;
}

/** Window over the spatial axes (from axis 2 on). pads: begins, then ends. */
export interface PoolNode extends NodeBase {
  readonly kind: "pool";
  readonly method: "average" | "max";
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly countPadding: boolean;
}

export interface ReduceNode extends NodeBase {
  readonly kind: "reduce";
  readonly method: "mean" | "sum" | "max" | "min" | "l1" | "l2" | "sum-square" | "product";
  readonly axes: readonly number[];
  readonly keepAxes: boolean;
}

export interface ReshapeNode extends NodeBase {
  readonly kind: "reshape";
  readonly shape: readonly number[];
}
export interface TransposeNode extends NodeBase {
  readonly kind: "transpose";
  readonly permutation: readonly number[];
}
export interface ExpandNode extends NodeBase {
  readonly kind: "expand";
  readonly shape: readonly number[];
}
export interface ConcatNode extends NodeBase {
  readonly kind: "concat";
  readonly axis: number;
}
export interface SplitNode extends NodeBase {
  readonly kind: "split";
  readonly axis: number;
  readonly sizes: readonly number[];
}

/** One range per listed axis: start (inclusive), count of elements, step (may be negative). All concrete. */
export interface SliceNode extends NodeBase {
  readonly kind: "slice";
  readonly ranges: readonly {
    readonly axis: number;
    readonly start: number;
    readonly count: number;
    readonly step: number;
  }[];
}

/** Constant indices along an axis; a scalar index drops the axis. */
export interface GatherNode extends NodeBase {
  readonly kind: "gather";
  readonly axis: number;
  readonly indices: readonly number[];
  readonly scalar: boolean;
}

export interface PadNode extends NodeBase {
  readonly kind: "pad";
  readonly mode: "constant" | "reflect" | "edge" | "wrap";
  readonly pads: readonly number[];
  readonly value: number;
}

export interface ResizeNode extends NodeBase {
  readonly kind: "resize";
  readonly mode: "nearest" | "linear" | "cubic";
  readonly scales: readonly number[];
  /** ONNX coordinate transformation ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", …). */
  readonly coordinates: string;
  /** ONNX nearest_mode ("round_prefer_floor", "floor", "ceil", "round_prefer_ceil"). */
  readonly rounding: string;
}

/** inputs: [x]; where the constant `keep` (broadcast to x) is 0 the value is `fill`. */
export interface MaskNode extends NodeBase {
  readonly kind: "mask";
  readonly keep: string;
  readonly fill: number;
}

export interface DropoutNode extends NodeBase {
  readonly kind: "dropout";
  readonly ratio: number;
}

/** Identity and Cast between float types. */
export interface IdentityNode extends NodeBase {
  readonly kind: "identity";
}

/** Not understood; the tensor is passed on as `assumption` says. Named in `Model.unsupported` too. */
export interface OpaqueNode extends NodeBase {
  readonly kind: "opaque";
  readonly assumption: string;
}

export type Node =
  | LinearNode
  | ConvNode
  | EmbeddingNode
  | RecurrentNode
  | ActivationNode
  | CombineNode
  | MatmulNode
  | SoftmaxNode
  | NormalizeNode
  | PoolNode
  | ReduceNode
  | ReshapeNode
  | TransposeNode
  | ExpandNode
  | ConcatNode
  | SplitNode
  | SliceNode
  | GatherNode
  | PadNode
  | ResizeNode
  | MaskNode
  | DropoutNode
  | IdentityNode
  | OpaqueNode;

export interface Unsupported {
  readonly node: string;
  readonly op: string;
  readonly why: string;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  /** Tensor or node it speaks of, where there is one. */
  readonly where?: string;
}

/** Something the reader wants a person to know about this file: merged, transposed, folded, packed, lost names. */
export interface Note {
  readonly code: "merged" | "transposed" | "folded" | "packed" | "renamed" | "names-lost" | "no-graph" | "assumed";
  readonly message: string;
  readonly tensors: readonly string[];
}

/** N(0, (std·scaled(parameter))²) for matrices, kernels and tables. */
export interface Configured {
  readonly std: number;
  /** 1 but for parameters that the family draws smaller. */
  readonly scaled: (parameter: string) => number;
}

export interface Model {
  readonly format:
    | "onnx"
    | "safetensors"
    | "npz"
    | "line"
    | "keras"
    | "tfjs"
    | "h5"
    | "torch"
    /** Names and shapes alone: a list, or a Hugging Face configuration. */
    | "shapes"
    | "huggingface";
  readonly name: string;
  /** Samples in the concrete shapes. */
  readonly batch: number;
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly string[];
  /** In topological order; only nodes that an output depends on. Empty for weights-only files. */
  readonly nodes: readonly Node[];
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** In the file's order. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly constants: ReadonlyMap<string, Constant>;
  /** Named tensors of the state dict besides the parameters; absent where the format knows none. */
  readonly buffers?: ReadonlyMap<string, Buffer>;
  readonly unsupported: readonly Unsupported[];
  readonly notes: readonly Note[];
  /** How the model's own configuration says that its weights are drawn; absent where it does not say. */
  readonly configured?: Configured;
  /** A parameter's values as they are in the file, in the parameter's own shape and gate order; null where the file has none. */
  readonly read: (parameter: string) => Float32Array | Float64Array | null;
  /**
   * The same values in order, in pieces that fit a cache, for tensors that may be larger than memory. A piece is overwritten
   * when the next is asked for. Absent where the format has to be read whole; null where the file has no values.
   */
  readonly tiles?: (parameter: string) => Iterable<Float32Array | Float64Array> | null;
}
