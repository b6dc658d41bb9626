/** Layers of several inputs. */

import type { CombineNode } from "../../../model/types.ts";
import { FormatError } from "../../error.ts";
import { numberAt } from "../config.ts";
import { addNode, channelsFirst, type Flow, firstOf, flowFirst, flowLast, lastOf } from "../draft.ts";
import { addActivation, type Call, type Lower } from "./call.ts";

/** All inputs in one order: with channels first where every one is held so already. */
function together({ draft, inputs, where }: Call) {
  if (inputs.length < 2) throw new FormatError(`${where}: takes two inputs or more, got ${inputs.length}`);
  const first = inputs.every((flow) => flow.last === null);
  const tensors = inputs.map((flow) => (first ? firstOf(draft, flow) : lastOf(draft, flow)));
  return { first, tensors, keep: first ? flowFirst : flowLast };
}

/** Right-aligned, as broadcasting does. */
function broadcast(a: readonly number[], b: readonly number[], where: string): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new FormatError(`${where}: shapes [${a}] and [${b}] do not fit, save the model again`);
    return Math.max(left, right);
  });
}

function addCombine(call: Call, operation: CombineNode["operation"], name: string): Flow {
  const { draft, inputs, kind, where } = call;
  const alike = inputs.every((flow) => flow.shape.length === inputs[0]?.shape.length);
  const { tensors, keep, first } = together(
    alike ? call : { ...call, inputs: inputs.map((flow) => flowLast(lastOf(draft, flow), flow.shape)) },
  );
  let { shape = [] } = inputs[0] ?? {};
  let before = tensors[0] ?? "";
  for (const [i, tensor] of tensors.entries()) {
    if (i === 0) continue;
    shape = broadcast(shape, inputs[i]!.shape, where);
    const own = i === tensors.length - 1 ? name : `${name}/${i}`;
    const node = { kind: "combine", name: own, op: kind, operation, inputs: [before, tensor], outputs: [own] } as const;
    before = addNode(draft, node, first ? channelsFirst(shape) : shape);
  }
  return keep(before, shape);
}

const combine =
  (operation: CombineNode["operation"]): Lower =>
  (call) =>
    addCombine(call, operation, call.name);

const average: Lower = (call) => {
  const sum = addCombine(call, "add", `${call.name}/sum`);
  const part = { kind: "number", value: 1 / call.inputs.length } as const;
  const expression = { kind: "binary", fn: "mul", left: { kind: "x" }, right: part } as const;
  return addActivation(call, sum, { kind: "expression", expression }, call.name, call.kind);
};

const concatenate: Lower = (call) => {
  const { draft, inputs, config, where, name, kind } = call;
  const { first, tensors, keep } = together(call);
  const rank = inputs[0]?.shape.length ?? 0;
  const given = numberAt(config, "axis", where, -1);
  const axis = given < 0 ? given + rank : given;
  if (
    inputs.some(
      ({ shape }) => shape.length !== rank || shape.some((size, i) => i !== axis && size !== inputs[0]?.shape[i]),
    )
  )
    throw new FormatError(`${where}: its inputs differ in more than axis ${given}, save the model again`);
  const shape = (inputs[0]?.shape ?? []).map((size, i) =>
    i === axis ? inputs.reduce((sum, flow) => sum + (flow.shape[axis] ?? 0), 0) : size,
  );
  const place = !first || rank <= 2 || axis === 0 ? axis : axis === rank - 1 ? 1 : axis + 1;
  const node = { kind: "concat", name, op: kind, axis: place, inputs: tensors, outputs: [name] } as const;
  return keep(addNode(draft, node, first ? channelsFirst(shape) : shape), shape);
};

export const MERGE: Readonly<Record<string, Lower>> = {
  Add: combine("add"),
  Subtract: combine("subtract"),
  Multiply: combine("multiply"),
  Maximum: combine("maximum"),
  Minimum: combine("minimum"),
  Average: average,
  Concatenate: concatenate,
};
