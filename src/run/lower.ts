/** Every node kind to its operation. A kind that is missing here does not compile. */

import type { Model, Node, TensorInfo } from "../model/types.ts";
import { type CustomOperations, customOperation } from "./custom.ts";
import type { LoweringContext, Mode, Operation } from "./operation.ts";
import { lowerActivation } from "./ops/activation.ts";
import { lowerCombine } from "./ops/combine.ts";
import { lowerConvolution } from "./ops/convolution.ts";
import { lowerEmbedding } from "./ops/embedding.ts";
import { lowerLinear } from "./ops/linear.ts";
import { lowerMatmul } from "./ops/matmul.ts";
import { lowerNormalize } from "./ops/normalize.ts";
import { lowerPool } from "./ops/pool.ts";
import { lowerRecurrent } from "./ops/recurrent.ts";
import { lowerReduce } from "./ops/reduce.ts";
import { lowerResize } from "./ops/resize.ts";
import { lowerGather, lowerMask, lowerPad, lowerSlice } from "./ops/select.ts";
import { lowerConcat, lowerExpand, lowerIdentity, lowerReshape, lowerSplit, lowerTranspose } from "./ops/shape.ts";
import { lowerSoftmax } from "./ops/softmax.ts";
import { isReal } from "./values.ts";

/**
 * The model's nodes as operations, in order.
 *
 * Errors: an opaque node, a value without a shape, statistics that the mode needs and the node lacks.
 */
export function lowerModel(model: Model, mode: Mode, operations: CustomOperations = {}): Operation[] {
  const context: LoweringContext = {
    mode,
    operations,
    info: (value) => infoOf(model, value),
    constant: (value) =>
      model.tensors.has(value) || model.parameters.has(value) ? undefined : model.constants.get(value),
  };
  return model.nodes.map((node) => lower(node, context));
}

/** Shape and type of a value: activation, parameter or constant, looked up in that order. */
export function infoOf(model: Model, value: string): TensorInfo {
  const info = model.tensors.get(value) ?? model.parameters.get(value) ?? model.constants.get(value);
  if (info === undefined) throw new Error(`run: value "${value}" has no shape in ${model.name}, read the file again`);
  return info;
}

/** Real-valued activations and trained parameters; running statistics and constants are not. */
export function isDifferentiable(model: Model, name: string): boolean {
  const info = model.tensors.get(name);
  if (info !== undefined) return isReal(info.dtype);
  const parameter = model.parameters.get(name);
  return parameter !== undefined && parameter.role !== "statistic" && isReal(parameter.dtype);
}

function lower(node: Node, context: LoweringContext): Operation {
  switch (node.kind) {
    case "linear":
      return lowerLinear(node, context);
    case "conv":
      return lowerConvolution(node, context);
    case "embedding":
      return lowerEmbedding(node);
    case "recurrent":
      return lowerRecurrent(node, context);
    case "activation":
      return lowerActivation(node, context);
    case "combine":
      return lowerCombine(node, context);
    case "matmul":
      return lowerMatmul(node, context);
    case "softmax":
      return lowerSoftmax(node);
    case "normalize":
      return lowerNormalize(node, context);
    case "pool":
      return lowerPool(node, context);
    case "reduce":
      return lowerReduce(node, context);
    case "reshape":
      return lowerReshape(node, context);
    case "transpose":
      return lowerTranspose(node);
    case "expand":
      return lowerExpand(node, context);
    case "concat":
      return lowerConcat(node, context);
    case "split":
      return lowerSplit(node, context);
    case "slice":
      return lowerSlice(node, context);
    case "gather":
      return lowerGather(node, context);
    case "pad":
      return lowerPad(node, context);
    case "resize":
      return lowerResize(node, context);
    case "mask":
      return lowerMask(node);
    case "dropout":
    case "identity":
      return lowerIdentity(node);
    case "opaque":
      return customOperation(node, node.op, context);
  }
}
