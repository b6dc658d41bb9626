/** Operations of nodes and activations that a user of the library adds: `createExecutor(model, { operations })`. */

import type { ActivationNode, OpaqueNode } from "../model/types.ts";
import type { Jax, Tensor } from "./jax.ts";
import type { LoweringContext, Operation } from "./operation.ts";

/**
 * The outputs of a node from its inputs, in jax-js. It borrows its arguments (write `x.ref` for every use but reading a
 * shape) and gives its results away; the gradient is taken through it. One array stands for a list of one.
 *
 * @example const maxout: CustomOperation = (jax, [x]) => jax.numpy.max(x.ref.reshape([...x.shape.slice(0, -1), -1, 2]), -1);
 */
export type CustomOperation = (
  jax: Jax,
  operands: readonly Tensor[],
  node: OpaqueNode | ActivationNode,
) => Tensor | Tensor[];

/** By operator name (opaque nodes) or by the name of an activation that is given as functions. */
export type CustomOperations = Readonly<Record<string, CustomOperation>>;

/** The node's operation from the table in the context. */
export function customOperation(
  node: OpaqueNode | ActivationNode,
  name: string,
  { operations, info }: LoweringContext,
): Operation {
  const custom = operations && Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (custom === undefined)
    throw new Error(
      `run: operator ${name} cannot be run, got node ${node.name}, give operations: { ${JSON.stringify(name)}: (jax, inputs) => … } or leave out the verification`,
    );
  return {
    // Shapes of the outputs too: a custom operation may read them from the node.
    key: JSON.stringify(["custom", name, node.outputs.map((output) => info(output).shape)]),
    operands: [...node.inputs],
    outputs: [...node.outputs],
    forward(jax, operands) {
      const result = custom(jax, operands, node);
      return Array.isArray(result) ? result : [result];
    },
  };
}
