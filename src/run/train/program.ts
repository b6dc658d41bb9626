/** A model's loss as traceable functions of flat lists of arrays: parameters, what stays fixed, one batch. */

import type { Model } from "../../model/types.ts";
import { buildForward, buildGradient } from "../forward.ts";
import type { Jax, Tensor } from "../jax.ts";
import { isDifferentiable } from "../lower.ts";
import { type Mode, product } from "../operation.ts";
import { isReal, parameterTensors, toTensor, type Weights } from "../values.ts";
import { chunks } from "./batches.ts";
import { headOf, labelsPerSample } from "./head.ts";
import { crossEntropy, squaredError } from "./objective.ts";
import type { Loss, Samples } from "./types.ts";

/** Borrows its arguments. */
export type Program = (args: readonly Tensor[]) => Tensor[];
export type Compiled = ((...args: Tensor[]) => Tensor[]) & { readonly dispose: () => void };

export interface LossPrograms {
  /** Trained parameters, in order; and the others that the model reads. */
  readonly names: readonly string[];
  readonly fixedNames: readonly string[];
  /** The model up to its logits. */
  readonly model: Model;
  /** [parameters…, fixed…, x, targets, weights] → [loss, right, gradients…], sums over the rows. */
  readonly gradient: (labelled: boolean) => Program;
  /** The same arguments → [loss, right]. */
  readonly score: (labelled: boolean) => Program;
  /** The last three arguments, for each turn of `model.batch` rows. */
  readonly feed: (samples: Samples) => Tensor[][];
}

/** Errors: `train: …` for a model without one input, without a real-valued output or without parameters. */
export function lossPrograms(
  jax: Jax,
  whole: Model,
  given: ReadonlyMap<string, unknown>,
  { loss, mode = "train" }: { readonly loss: Loss; readonly mode?: Mode },
): LossPrograms {
  const head = headOf(whole, loss);
  const { model } = head;
  const [input] = model.inputs;
  if (input === undefined || model.inputs.length > 1) {
    throw new Error(`train: needs a model with one input, got ${model.inputs.length} in ${model.name}`);
  }
  const names = [...given.keys()].filter((name) => isDifferentiable(model, name));
  const fixedNames = [...given.keys()].filter((name) => !names.includes(name));
  if (names.length === 0) throw new Error(`train: ${model.name} has no parameters to train, got none, read a graph`);
  const all = given.size;
  const labels = labelsPerSample(head, model.batch);
  const integers = input.vocabulary !== null || !isReal(input.dtype);
  const layout = { batch: model.batch, input: product(input.shape) / model.batch, labels, head, integers };
  const objective = (labelled: boolean) =>
    loss === "cross-entropy" ? crossEntropy(jax, head) : squaredError(jax, head, labelled);
  const record = (args: readonly Tensor[]) =>
    Object.fromEntries([...names, ...fixedNames].map((name, i) => [name, args[i]!]));
  return {
    names,
    fixedNames,
    model,
    gradient: (labelled) => (args) => {
      const sums: Tensor[] = [];
      const run = buildGradient(
        jax,
        model,
        (outputs) => {
          const found = objective(labelled)(outputs[head.value]!, args[all + 1]!, args[all + 2]!);
          sums.push(found.loss, found.right);
          return { [head.value]: found.cotangent };
        },
        { mode },
      );
      const { outputs, gradients } = run(record(args), { [input.name]: args[all]! });
      for (const output of Object.values(outputs)) output.dispose();
      return [...sums, ...names.map((name, i) => gradients[name] ?? jax.numpy.zerosLike(args[i]!.ref))];
    },
    score: (labelled) => {
      const forward = buildForward(jax, model, { mode });
      return (args) => {
        const output = forward(record(args), { [input.name]: args[all]! })[head.value]!;
        const found = objective(labelled)(output, args[all + 1]!, args[all + 2]!);
        found.cotangent.dispose();
        output.dispose();
        return [found.loss, found.right];
      };
    },
    feed: (samples) =>
      chunks(samples, layout).map(({ inputs, targets, weights }) => {
        const labelled = targets instanceof Int32Array;
        return [
          toTensor(jax, inputs, input.shape, integers),
          toTensor(jax, targets, labelled ? [targets.length] : head.shape, labelled),
          toTensor(jax, weights, [weights.length], false),
        ];
      }),
  };
}

/** Compiled as jax-js wants functions: it gives its arguments away. */
export function compiled(jax: Jax, program: Program): Compiled {
  return jax.jit((...args: Tensor[]) => {
    const results = program(args);
    for (const arg of args) arg.dispose();
    return results;
  });
}

/** The parameters that the loss reads. */
export function startTensors(jax: Jax, model: Model, loss: Loss, weights: Weights): Map<string, Tensor> {
  return parameterTensors(jax, headOf(model, loss).model, weights);
}
