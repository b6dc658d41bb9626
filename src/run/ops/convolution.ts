/** Convolution and transposed convolution in any dimension, with groups, strides, dilations and pads. */

import type { ConvNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, type LoweringContext, names, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";
import { correlate, scatter, weightProducts } from "./correlation.ts";
import { type Geometry, pack, packOutput, packWeight, planeOf, unpackWeight } from "./plane.ts";

/**
 * A transposed convolution is the transpose of the correlation that takes its output to its input, so both share one
 * geometry: `correlate` is forward of one and backward of the other.
 */
export function lowerConvolution(node: ConvNode, context: LoweringContext): Operation {
  const geometry = geometryOf(node, context);
  const stages = stagesOf(geometry);
  const withBias = node.bias !== null;
  const [toward, back] = node.transposed ? (["scatter", "correlate"] as const) : (["correlate", "scatter"] as const);

  const apply = (jax: Jax, direction: "correlate" | "scatter", input: Tensor, weight: Tensor): Tensor => {
    const stage = stages(jax);
    const packed = direction === "correlate" ? stage.pack(input.ref) : stage.packOutput(input.ref);
    return stage[direction](packed, stage.packWeight(weight.ref));
  };

  return {
    key: JSON.stringify(["conv", node.transposed, withBias, geometry]),
    operands: names(onlyInput(node), node.weight, node.bias),
    outputs: [onlyOutput(node)],
    staged: true,
    forward(jax, operands) {
      const y = apply(jax, toward, at(operands, 0), at(operands, 1));
      return [withBias ? stages(jax).addBias(y, at(operands, 2).ref) : y];
    },
    backward(jax, operands, cotangents, wanted) {
      const stage = stages(jax);
      const [x, dy] = [at(operands, 0), at(cotangents, 0)];
      const dx = wanted[0] ? apply(jax, back, dy, at(operands, 1)) : null;
      const [read, written] = node.transposed ? [dy, x] : [x, dy];
      const dw = wanted[1]
        ? stage.unpackWeight(...stage.weightProducts(stage.pack(read.ref), stage.packOutput(written.ref)))
        : null;
      return withBias ? [dx, dw, wanted[2] ? stage.sumBias(dy.ref) : null] : [dx, dw];
    },
  };
}

function geometryOf(node: ConvNode, context: LoweringContext): Geometry {
  const input = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const [x, y] = node.transposed ? [output, input] : [input, output];
  return {
    samples: x[0]!,
    inChannels: x[1]!,
    outChannels: y[1]!,
    groups: node.groups,
    inputs: x.slice(2),
    outputs: y.slice(2),
    kernel: node.kernel,
    strides: node.strides,
    dilations: node.dilations,
    before: node.pads.slice(0, node.kernel.length),
  };
}

interface Stages {
  readonly pack: (x: Tensor) => Tensor;
  readonly packOutput: (y: Tensor) => Tensor;
  readonly packWeight: (w: Tensor) => Tensor;
  readonly correlate: (x: Tensor, w: Tensor) => Tensor;
  readonly scatter: (y: Tensor, w: Tensor) => Tensor;
  readonly weightProducts: (x: Tensor, y: Tensor) => Tensor[];
  readonly unpackWeight: (...byTap: Tensor[]) => Tensor;
  readonly addBias: (y: Tensor, bias: Tensor) => Tensor;
  readonly sumBias: (dy: Tensor) => Tensor;
}

/** Packing is compiled apart from the products: inside one program jax-js would read the planes through their view. */
function stagesOf(geometry: Geometry): (jax: Jax) => Stages {
  const plane = planeOf(geometry);
  const space = geometry.kernel.map((_, i) => i + 2);
  let stages: Stages | undefined;
  return (jax) => {
    stages ??= {
      pack: jax.jit((x: Tensor) => pack(jax, plane, x)),
      packOutput: jax.jit((y: Tensor) => packOutput(jax, plane, y)),
      packWeight: jax.jit((w: Tensor) => packWeight(jax, plane, w)),
      correlate: jax.jit((x: Tensor, w: Tensor) => correlate(jax, plane, x, w)),
      scatter: jax.jit((y: Tensor, w: Tensor) => scatter(jax, plane, y, w)),
      weightProducts: jax.jit((x: Tensor, y: Tensor) => weightProducts(jax, plane, x, y)),
      unpackWeight: jax.jit((...byTap: Tensor[]) => unpackWeight(jax, plane, byTap)),
      addBias: jax.jit((y: Tensor, bias: Tensor) => y.add(bias.reshape([1, -1, ...space.map(() => 1)]))),
      sumBias: jax.jit((dy: Tensor) => dy.sum([0, ...space])),
    };
    return stages;
  };
}
