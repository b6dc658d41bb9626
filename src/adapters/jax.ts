/** For people who train with jax-js: `import { drawTree, toTree } from "epoch0/jax"`. */

import { draw, type Initializer } from "../init/index.ts";
import { type InitializeOptions, initialize } from "../materialize/index.ts";
import type { Plan } from "../plan/types.ts";

/** `numpy` of @jax-js/jax, as far as it is used. */
export interface Numpy<Leaf> {
  readonly array: (values: Float32Array, options: { shape: number[] }) => Leaf;
}

/** Arrays in objects and lists, by name and place. */
export type Tree<Leaf> = Leaf | { readonly [name: string]: Tree<Leaf> } | readonly Tree<Leaf>[];

type Branch<Leaf> = { [name: string]: Leaf | Branch<Leaf> };

/** Names that would reach an object's prototype. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

function branchAt<Leaf>(branch: Branch<Leaf>, part: string, leaves: ReadonlySet<unknown>, name: string): Branch<Leaf> {
  const found = Object.hasOwn(branch, part) ? branch[part] : undefined;
  if (found === undefined) {
    const made: Branch<Leaf> = {};
    branch[part] = made;
    return made;
  }
  if (typeof found !== "object" || found === null || leaves.has(found))
    throw new RangeError(`toTree: ${name} lies below ${part}, which is an array itself, rename one of them`);
  // What is no leaf was made here.
  return found as Branch<Leaf>;
}

/**
 * A plan's weights as jax-js arrays, nested by the parts of their names: "blocks.0.fc.weight" is
 * `tree.blocks["0"].fc.weight`.
 *
 * @param numpy `numpy` of `@jax-js/jax`.
 * @throws RangeError where one name lies below another
 * @example const params = toTree(jax.numpy, plan(model));
 */
export function toTree<Leaf>(numpy: Numpy<Leaf>, plan: Plan, options: InitializeOptions = {}): Branch<Leaf> {
  const values = initialize(plan, options);
  const root: Branch<Leaf> = {};
  const leaves = new Set<unknown>();
  for (const { name, shape } of plan.tensors) {
    const drawn = values.get(name);
    if (drawn === undefined) continue;
    const parts = name.split(/[./]/);
    if (parts.some((part) => FORBIDDEN.has(part))) throw new RangeError(`toTree: ${name} cannot be a path, rename it`);
    const last = parts.pop() ?? name;
    let branch = root;
    for (const part of parts) branch = branchAt(branch, part, leaves, name);
    if (Object.hasOwn(branch, last)) throw new RangeError(`toTree: ${name} is there already, rename one of them`);
    const leaf = numpy.array(drawn, { shape: [...shape] });
    leaves.add(leaf);
    branch[last] = leaf;
  }
  return root;
}

/** A leaf of a tree of shapes: a list of sizes under `shape`, as jax-js arrays have it too. */
export interface Shaped {
  readonly shape: readonly number[];
}

const isShaped = (value: object): value is Shaped => "shape" in value && Array.isArray(value.shape);

/** The same tree with `Leaf` where a shape was. */
export type Drawn<T, Leaf> = T extends Shaped ? Leaf : { [K in keyof T]: Drawn<T[K], Leaf> };

/**
 * Draws a tree of shapes: same structure, jax-js arrays at the leaves. The stream of a leaf is named by its path, "layers.0.w".
 *
 * @param shapes objects and lists with `{ shape }` (or arrays of jax-js) at the leaves.
 * @param choose the initializer of a leaf, from its path and shape.
 * @example
 * const params = drawTree(jax.numpy, { w: { shape: [64, 32] }, b: { shape: [64] } }, (path, shape) =>
 *   shape.length > 1 ? heNormal(shape) : { kind: "zeros" }, { seed: 0 });
 */
export function drawTree<Leaf, T extends object>(
  numpy: Numpy<Leaf>,
  shapes: T,
  choose: (path: string, shape: readonly number[]) => Initializer,
  { seed }: { readonly seed: number | bigint },
): Drawn<T, Leaf> {
  const visit = (node: object, path: readonly string[]): unknown => {
    if (isShaped(node)) {
      const name = path.join(".");
      const shape = [...node.shape];
      return numpy.array(draw(choose(name, shape), { seed, name, shape }), { shape });
    }
    const entries = Object.entries(node).map(([name, child]): [string, unknown] => {
      if (typeof child !== "object" || child === null)
        throw new RangeError(`drawTree: ${[...path, name].join(".")} is no shape and holds none, give { shape }`);
      return [name, visit(child, [...path, name])];
    });
    return Array.isArray(node) ? entries.map(([, child]) => child) : Object.fromEntries(entries);
  };
  // The walk keeps the structure, which its type cannot say.
  return visit(shapes, []) as Drawn<T, Leaf>;
}
