/** Space in exchange for channels: DepthToSpace (pixel shuffle) and SpaceToDepth, as reshape, transpose, reshape. */

import {
  define,
  input,
  intAttribute,
  type Lower,
  type Operation,
  operand,
  outputName,
  textAttribute,
  uniqueName,
} from "../context.ts";
import { NotUnderstood } from "../shape.ts";

function rearrange(
  operation: Operation,
  apart: readonly number[],
  permutation: readonly number[],
  together: readonly number[],
): void {
  const { context, op, name } = operation;
  const x = input(operation, 0);
  const out = outputName(operation);
  const split = uniqueName(context, `${out}.apart`);
  const moved = uniqueName(context, `${out}.moved`);
  const node = (suffix: string): { readonly name: string; readonly op: string } => ({
    name: uniqueName(context, `${name}.${suffix}`),
    op,
  });
  context.nodes.push(
    { kind: "reshape", ...node("apart"), inputs: [operand(context, x)], outputs: [split], shape: apart },
    { kind: "transpose", ...node("move"), inputs: [split], outputs: [moved], permutation },
    { kind: "reshape", name, op, inputs: [moved], outputs: [out], shape: together },
  );
  define(context, split, apart, x.dtype);
  define(
    context,
    moved,
    permutation.map((axis) => apart[axis]),
    x.dtype,
  );
  define(context, out, together, x.dtype);
}

function sides(operation: Operation): readonly [number, number, number, number, number] {
  const { shape } = input(operation, 0);
  const block = intAttribute(operation, "blocksize", 0);
  if (shape.length !== 4 || block < 1) throw new NotUnderstood(`blocks of ${block} in [${shape}]`);
  return [shape[0], shape[1], shape[2], shape[3], block];
}

const depthToSpace: Lower = (operation) => {
  const [n, c, h, w, b] = sides(operation);
  const channels = c / (b * b);
  if (!Number.isInteger(channels)) throw new NotUnderstood(`${c} channels do not fill blocks of ${b}`);
  const columnFirst = textAttribute(operation, "mode", "DCR") === "CRD";
  const apart = columnFirst ? [n, channels, b, b, h, w] : [n, b, b, channels, h, w];
  const permutation = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  rearrange(operation, apart, permutation, [n, channels, h * b, w * b]);
};

const spaceToDepth: Lower = (operation) => {
  const [n, c, h, w, b] = sides(operation);
  if (h % b !== 0 || w % b !== 0) throw new NotUnderstood(`[${h}, ${w}] is not made of blocks of ${b}`);
  rearrange(operation, [n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], [n, c * b * b, h / b, w / b]);
};

export const space: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["DepthToSpace", depthToSpace],
  ["SpaceToDepth", spaceToDepth],
]);
