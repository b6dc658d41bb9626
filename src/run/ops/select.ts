/** Operations that pick elements: slice, gather with constant indices, pad, mask. */

import type { GatherNode, MaskNode, PadNode, SliceNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, axisOf, type LoweringContext, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";

export function lowerSlice(node: SliceNode, context: LoweringContext): Operation {
  const rank = shapeOf(context, onlyInput(node)).length;
  return {
    key: JSON.stringify(["slice", node.ranges]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      let y = at(operands, 0).ref;
      for (const { axis, start, count, step } of node.ranges) {
        y = sliceAxis(jax, y, axisOf(axis, rank), start, count, step);
      }
      return [y];
    },
  };
}

/** `count` elements from `start` in steps of `step` along one axis. Gives y away. */
export function sliceAxis(jax: Jax, y: Tensor, axis: number, start: number, count: number, step: number): Tensor {
  const stride = Math.abs(step);
  const low = step < 0 ? start - (count - 1) * stride : start;
  const before = y.shape.slice(0, axis);
  const after = y.shape.slice(axis + 1);
  const skipped = before.map((): [] => []);
  const end = low + (count - 1) * stride + 1;
  let picked = y.slice(...skipped, [low, end]);
  if (stride > 1) {
    picked = jax.numpy
      .pad(picked, { [axis]: [0, count * stride - (end - low)] })
      .reshape([...before, count, stride, ...after])
      .slice(...skipped, [], 0);
  }
  return step < 0 ? jax.numpy.flip(picked, axis) : picked;
}

export function lowerGather(node: GatherNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyInput(node));
  const output = shapeOf(context, onlyOutput(node));
  const axis = axisOf(node.axis, shape.length);
  const length = shape[axis]!;
  const indices = node.indices.map((index) => axisOf(index, length));
  const bad = indices.findIndex((index) => index < 0 || index >= length);
  if (bad >= 0) {
    throw new Error(
      `run: ${node.name} gathers outside its axis, got index ${node.indices[bad]}, use 0 … ${length - 1}`,
    );
  }
  const consecutive = indices.every((index, i) => index === indices[0]! + i);
  return {
    key: JSON.stringify(["gather", axis, indices, output]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      const x = at(operands, 0);
      const picked = consecutive
        ? sliceAxis(jax, x.ref, axis, indices[0] ?? 0, indices.length, 1)
        : take(jax, x, indices, axis);
      return [picked.reshape(output)];
    },
  };
}

function take(jax: Jax, x: Tensor, indices: readonly number[], axis: number): Tensor {
  return jax.numpy.take(x.ref, jax.numpy.array(Int32Array.from(indices), { dtype: jax.numpy.int32 }), axis);
}

export function lowerPad(node: PadNode, context: LoweringContext): Operation {
  const shape = shapeOf(context, onlyInput(node));
  const rank = shape.length;
  const widths = shape.map((_, i): [number, number] => [node.pads[i]!, node.pads[rank + i]!]);
  return {
    key: JSON.stringify(["pad", node.mode, widths, node.value]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      if (node.mode === "constant") return [padWith(jax, at(operands, 0), widths, node.value)];
      let y = at(operands, 0).ref;
      widths.forEach(([before, after], axis) => {
        if (before === 0 && after === 0) return;
        const length = shape[axis]!;
        const indices = Array.from({ length: before + length + after }, (_, i) =>
          source(node.mode, i - before, length),
        );
        const next = take(jax, y, indices, axis);
        y.dispose();
        y = next;
      });
      return [y];
    },
  };
}

/** Borrows x; negative widths crop (ONNX Pad allows them). */
export function padWith(jax: Jax, x: Tensor, widths: readonly [number, number][], value: number): Tensor {
  const crop = x.shape.map((length, i): [number, number] => [
    Math.max(0, -widths[i]![0]),
    length - Math.max(0, -widths[i]![1]),
  ]);
  const grow = widths.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  const inner = x.ref.slice(...crop);
  if (value === 0) return jax.numpy.pad(inner, grow);
  const inside = jax.numpy.pad(jax.numpy.ones(inner.shape), grow);
  return jax.numpy.where(jax.numpy.greater(inside, 0), jax.numpy.pad(inner, grow), value);
}

/** Where the element at `i` of a padded axis comes from. */
function source(mode: PadNode["mode"], i: number, length: number): number {
  if (mode === "edge") return Math.min(Math.max(i, 0), length - 1);
  if (mode === "wrap") return ((i % length) + length) % length;
  const period = Math.max(1, 2 * (length - 1));
  const folded = ((i % period) + period) % period;
  return Math.min(folded, period - folded) % length;
}

export function lowerMask(node: MaskNode): Operation {
  return {
    key: JSON.stringify(["mask", String(node.fill)]),
    operands: [onlyInput(node), node.keep],
    outputs: [onlyOutput(node)],
    forward: (jax, operands) => [
      jax.numpy.where(jax.numpy.notEqual(at(operands, 1).ref, 0), at(operands, 0).ref, node.fill),
    ],
  };
}
