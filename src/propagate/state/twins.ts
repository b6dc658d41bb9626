/**
 * Two tensors that one and the same function made of independent inputs of one law: the towers of a Siamese net (Bromley et
 * al. 1993). They stand to each other as two samples of one tower do, so that E[a_p b_p'] is what the state keeps of those.
 */

import type { Node } from "../../model/types.ts";
import { type Context, stateOf } from "../context.ts";
import { type Kernel, uniformKernel } from "../kernel/kernel.ts";

/** All that a node does but where: its kind, settings and parameters. */
function workOf({ name: _name, op, inputs: _inputs, outputs: _outputs, ...work }: Node): string {
  return JSON.stringify(work.kind === "opaque" ? { op, ...work } : work);
}

interface Walk {
  readonly context: Context;
  readonly known: Map<string, boolean>;
  /** Model inputs that each of the two hangs on. */
  readonly left: Set<string>;
  readonly right: Set<string>;
}

function sameInputs({ context, left, right }: Walk, a: string, b: string): boolean {
  const [p, q] = [a, b].map((name) => context.model.inputs.find((input) => input.name === name));
  if (!p || !q || p.vocabulary !== q.vocabulary || p.shape.join() !== q.shape.join()) return false;
  left.add(a);
  right.add(b);
  return true;
}

function alike(walk: Walk, a: string, b: string): boolean {
  const { context, known } = walk;
  const flows = context.states.has(a);
  if (a === b) return !flows;
  if (!flows || !context.states.has(b)) return false;
  const key = `${a}|${b}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const [first, second] = [context.producers.get(a), context.producers.get(b)];
  const same =
    !first && !second
      ? sameInputs(walk, a, b)
      : first !== undefined &&
        second !== undefined &&
        first.kind !== "dropout" &&
        first.outputs.indexOf(a) === second.outputs.indexOf(b) &&
        first.inputs.length === second.inputs.length &&
        workOf(first) === workOf(second) &&
        first.inputs.every((input, i) => alike(walk, input, second.inputs[i]));
  known.set(key, same);
  return same;
}

/** E[a_p b_p'] of twins; null where the two are none. */
export function twinsJoint(context: Context, a: string, b: string): Kernel | null {
  const walk: Walk = { context, known: new Map(), left: new Set(), right: new Set() };
  if (!alike(walk, a, b) || [...walk.left].some((input) => walk.right.has(input))) return null;
  const [part, ...others] = stateOf(context, a).parts;
  return others.length > 0 ? null : uniformKernel(part.kernel.sizes, part.cross, 1);
}
