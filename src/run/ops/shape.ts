/** Operations that move elements and change none: reshape, transpose, expand, concat, split, identity. */

import type {
  ConcatNode,
  DropoutNode,
  ExpandNode,
  IdentityNode,
  ReshapeNode,
  SplitNode,
  TransposeNode,
} from "../../model/types.ts";
import { at, axisOf, type LoweringContext, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";

/** The output's shape is what the reader inferred: reshape's own may hold 0 and −1. */
export function lowerReshape(node: ReshapeNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyOutput(node));
  return {
    key: JSON.stringify(["reshape", shape]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward: (_jax, operands) => [at(operands, 0).ref.reshape(shape)],
  };
}

export function lowerTranspose(node: TransposeNode): Operation {
  return {
    key: JSON.stringify(["transpose", node.permutation]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward: (_jax, operands) => [at(operands, 0).ref.transpose([...node.permutation])],
  };
}

export function lowerExpand(node: ExpandNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyOutput(node));
  return {
    key: JSON.stringify(["expand", shape]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [jax.numpy.broadcastTo(at(operands, 0).ref, shape)],
  };
}

export function lowerConcat(node: ConcatNode, context: LoweringContext): Operation {
  const axis = axisOf(node.axis, shapeOf(context, onlyOutput(node)).length);
  return {
    key: JSON.stringify(["concat", axis, node.inputs.length]),
    operands: node.inputs,
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [
      jax.numpy.concatenate(
        operands.map((operand) => operand.ref),
        axis,
      ),
    ],
  };
}

export function lowerSplit(node: SplitNode, context: LoweringContext): Operation {
  const rank = shapeOf(context, onlyInput(node)).length;
  const axis = axisOf(node.axis, rank);
  return {
    key: JSON.stringify(["split", axis, node.sizes]),
    operands: [onlyInput(node)],
    outputs: node.outputs,
    forward(_jax, operands) {
      let start = 0;
      return node.sizes.map((size) => {
        const range: [number, number] = [start, start + size];
        start += size;
        return at(operands, 0).ref.slice(...Array.from({ length: axis }, (): [] => []), range);
      });
    },
  };
}

/** Dropout passes on what it gets: signals are measured without its noise, and PyTorch's corpus uses ratio 0. */
export function lowerIdentity(node: IdentityNode | DropoutNode): Operation {
  return {
    key: JSON.stringify(["identity"]),
    operands: [onlyInput(node)],
    outputs: node.outputs.slice(0, 1),
    forward: (_jax, operands) => [at(operands, 0).ref],
    backward: (_jax, _operands, cotangents) => [at(cotangents, 0).ref],
  };
}
