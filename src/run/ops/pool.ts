/** Average and maximum over windows of the spatial axes, one axis at a time. */

import type { PoolNode } from "../../model/types.ts";
import type { Jax, Tensor } from "../jax.ts";
import { at, type LoweringContext, type Operation, onlyInput, onlyOutput, shapeOf } from "../operation.ts";
import { padWith, sliceAxis } from "./select.ts";

/**
 * Both separate into one pass an axis. For the maximum the first of equal elements in row-major order gets the
 * gradient, as in PyTorch: within an axis the first attaining it, and rows before columns.
 * Averages divide by the window inside the padded input (`countPadding`) or by the elements that are really there.
 */
export function lowerPool(node: PoolNode, context: LoweringContext): Operation {
  const input = shapeOf(context, onlyInput(node)).slice(2);
  const output = shapeOf(context, onlyOutput(node)).slice(2);
  const rank = node.kernel.length;
  const axes = node.kernel.map((kernel, i) =>
    windowOf({
      input: input[i]!,
      output: output[i]!,
      kernel,
      stride: node.strides[i]!,
      dilation: node.dilations[i]!,
      before: node.pads[i]!,
      after: node.pads[rank + i]!,
      countPadding: node.countPadding,
    }),
  );
  return {
    key: JSON.stringify(["pool", node.method, axes]),
    operands: [onlyInput(node)],
    outputs: [onlyOutput(node)],
    forward(jax, operands) {
      let y = at(operands, 0).ref;
      for (let i = rank - 1; i >= 0; i--) {
        const next = node.method === "max" ? maximum(jax, y, i + 2, axes[i]!) : average(jax, y, i + 2, axes[i]!);
        y.dispose();
        y = next;
      }
      return [y];
    },
  };
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** Padding that the last window needs behind the input. */
  readonly behind: number;
  readonly output: number;
  readonly whole: boolean;
  /** Elements that each output divides by; average only. */
  readonly divisors: readonly number[];
}

function windowOf(axis: {
  input: number;
  output: number;
  kernel: number;
  stride: number;
  dilation: number;
  before: number;
  after: number;
  countPadding: boolean;
}): Window {
  const { input, output, kernel, stride, dilation, before } = axis;
  const end = (output - 1) * stride + (kernel - 1) * dilation + 1;
  const [low, high] = axis.countPadding ? [0, before + input + axis.after] : [before, before + input];
  const divisors = Array.from({ length: output }, (_, o) => {
    let count = 0;
    for (let k = 0; k < kernel; k++) {
      const position = o * stride + k * dilation;
      if (position >= low && position < high) count++;
    }
    return Math.max(1, count);
  });
  const whole = output === 1 && kernel === input && dilation === 1 && before === 0;
  return { kernel, stride, dilation, before, behind: Math.max(0, end - before - input), output, whole, divisors };
}

function padAxis(jax: Jax, x: Tensor, axis: number, window: Window, value: number): Tensor {
  if (window.before === 0 && window.behind === 0) return x.ref;
  const widths = x.shape.map((_, i): [number, number] => (i === axis ? [window.before, window.behind] : [0, 0]));
  return padWith(jax, x, widths, value);
}

function taps(jax: Jax, x: Tensor, axis: number, window: Window): Tensor[] {
  return Array.from({ length: window.kernel }, (_, k) =>
    sliceAxis(jax, x.ref, axis, k * window.dilation, window.output, window.stride),
  );
}

function maximum(jax: Jax, x: Tensor, axis: number, window: Window): Tensor {
  const padded = padAxis(jax, x, axis, window, Number.NEGATIVE_INFINITY);
  const result = taps(jax, padded, axis, window).reduce((best, next) => jax.numpy.maximum(best, next));
  padded.dispose();
  return result;
}

function average(jax: Jax, x: Tensor, axis: number, window: Window): Tensor {
  if (window.whole) return x.ref.mean(axis, { keepdims: true });
  const padded = padAxis(jax, x, axis, window, 0);
  const sum = taps(jax, padded, axis, window).reduce((total, next) => total.add(next));
  padded.dispose();
  const first = window.divisors[0]!;
  if (window.divisors.every((divisor) => divisor === first)) return sum.mul(1 / first);
  const factors = Float32Array.from(window.divisors, (divisor) => 1 / divisor);
  const shape = x.shape.map((_, i) => (i === axis ? window.output : 1));
  return sum.mul(jax.numpy.array(factors, { shape }));
}
