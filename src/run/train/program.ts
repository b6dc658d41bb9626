/** A model's loss as traceable functions of flat lists of arrays: parameters, what stays fixed, one batch. */

import type { Model } from "../../model/types.ts";
import type { Key, Seed } from "../../random/index.ts";
import type { CustomOperations } from "../custom.ts";
import { buildForward, buildGradient } from "../forward.ts";
import type { Jax, Tensor } from "../jax.ts";
import { isDifferentiable } from "../lower.ts";
import type { Mode } from "../operation.ts";
import { parameterTensors, toTensor, type Weights } from "../values.ts";
import { chunks } from "./batches.ts";
import { drawMask, maskedModel, maskKey } from "./dropout.ts";
import { headOf } from "./head.ts";
import { layoutOf } from "./layout.ts";
import { crossEntropy, squaredError } from "./objective.ts";
import { hasRunningStatistics, moved, movingStatistics } from "./statistics.ts";
import type { Loss, Samples } from "./types.ts";

/** Borrows its arguments. */
export type Program = (args: readonly Tensor[]) => Tensor[];
export type Compiled = ((...args: Tensor[]) => Tensor[]) & { readonly dispose: () => void };

/** What one turn of `model.batch` rows gives to a program: the inputs, targets, weights and, for a step, masks. */
export interface LossPrograms {
  /** Trained parameters, in order; and the others that the model reads. */
  readonly names: readonly string[];
  readonly fixedNames: readonly string[];
  /** Of `fixedNames`, those that a step moves, in the order of its results. */
  readonly movedNames: readonly string[];
  /** Arrays that one turn brings, without the masks and with them. */
  readonly width: { readonly plain: number; readonly step: number };
  /** [parameters…, fixed…, inputs…, targets, weights] → [loss, right, gradients…], sums over the rows. */
  readonly gradient: (labelled: boolean) => Program;
  /** As training takes it: [parameters…, fixed…, inputs…, targets, weights, masks…] → [loss, right, gradients…, moved…]. */
  readonly step: (labelled: boolean) => Program;
  /** As `gradient`, without gradients. */
  readonly score: (labelled: boolean) => Program;
  /** Inputs, targets and weights for each turn of `model.batch` rows. */
  readonly feed: (samples: Samples) => Tensor[][];
  /** The same with the masks of this step. */
  readonly feedStep: (samples: Samples, seed: Seed, step: number) => Tensor[][];
}

export interface LossOptions {
  readonly loss: Loss;
  readonly mode?: Mode;
  readonly evaluation?: Mode;
  readonly operations?: CustomOperations;
}

/** Errors: `train: …` for a model without inputs, without a real-valued output or without parameters. */
export function lossPrograms(
  jax: Jax,
  whole: Model,
  given: ReadonlyMap<string, unknown>,
  { loss, mode = "train", evaluation, operations = {} }: LossOptions,
): LossPrograms {
  const head = headOf(whole, loss);
  const plain = head.model;
  const layout = layoutOf(whole, head);
  const names = [...given.keys()].filter((name) => isDifferentiable(plain, name));
  const fixedNames = [...given.keys()].filter((name) => !names.includes(name));
  if (names.length === 0) throw new Error(`train: ${plain.name} has no parameters to train, got none, read a graph`);
  const training = mode === "train";
  const { model: masked, masks } = training ? maskedModel(plain) : { model: plain, masks: [] };
  const statistics = training ? movingStatistics(masked) : [];
  const movedNames = statistics.flatMap(({ mean, variance }) => [mean, variance]);
  const scoring = evaluation ?? (hasRunningStatistics(plain) ? "eval" : "train");
  const all = names.length + fixedNames.length;
  const inputs = layout.inputs.length;
  const data = all + inputs;
  const objective = (labelled: boolean) =>
    loss === "cross-entropy" ? crossEntropy(jax, head) : squaredError(jax, head, labelled);
  const record = (args: readonly Tensor[]) =>
    Object.fromEntries([...names, ...fixedNames].map((name, i) => [name, args[i]!]));
  const inputsOf = (args: readonly Tensor[]) =>
    Object.fromEntries(layout.inputs.map(({ name }, i) => [name, args[all + i]!]));
  const gradient = (model: Model, labelled: boolean, mode: Mode): Program => {
    const moving = model === masked ? statistics : [];
    const watched: Model = { ...model, outputs: [...new Set([...model.outputs, ...moving.map(({ of }) => of)])] };
    return (args) => {
      const sums: Tensor[] = [];
      const parameters = record(args);
      const run = buildGradient(
        jax,
        watched,
        (outputs) => {
          const found = objective(labelled)(outputs[head.value]!, args[data]!, args[data + 1]!);
          sums.push(found.loss, found.right);
          return { [head.value]: found.cotangent };
        },
        { mode, operations },
      );
      const extra = model === masked ? masks.map(({ name }, i) => [name, args[data + 2 + i]!] as const) : [];
      const { outputs, gradients } = run(parameters, { ...inputsOf(args), ...Object.fromEntries(extra) });
      const after = moving.flatMap((each) =>
        moved(jax, each, outputs[each.of]!, parameters[each.mean]!, parameters[each.variance]!),
      );
      for (const output of Object.values(outputs)) output.dispose();
      return [...sums, ...names.map((name, i) => gradients[name] ?? jax.numpy.zerosLike(args[i]!.ref)), ...after];
    };
  };
  const feed = (samples: Samples) =>
    chunks(samples, layout).map(({ inputs, targets, weights }) => {
      const labelled = targets instanceof Int32Array;
      return [
        ...inputs.map((values, i) => toTensor(jax, values, layout.inputs[i]!.shape, layout.inputs[i]!.integers)),
        toTensor(jax, targets, labelled ? [targets.length] : head.shape, labelled),
        toTensor(jax, weights, [weights.length], false),
      ];
    });
  const keys = new Map<Seed, readonly Key[]>();
  const keysOf = (seed: Seed) => {
    const found = keys.get(seed) ?? masks.map((mask) => maskKey(seed, mask));
    keys.set(seed, found);
    return found;
  };
  return {
    names,
    fixedNames,
    movedNames,
    width: { plain: inputs + 2, step: inputs + 2 + masks.length },
    gradient: (labelled) => gradient(plain, labelled, mode),
    step: (labelled) => gradient(masked, labelled, mode),
    score: (labelled) => {
      const forward = buildForward(jax, plain, { mode: scoring, operations });
      return (args) => {
        const output = forward(record(args), inputsOf(args))[head.value]!;
        const found = objective(labelled)(output, args[data]!, args[data + 1]!);
        found.cotangent.dispose();
        output.dispose();
        return [found.loss, found.right];
      };
    },
    feed,
    feedStep: (samples, seed, step) =>
      feed(samples).map((turn, k) => [
        ...turn,
        ...masks.map((mask, i) => toTensor(jax, drawMask(mask, keysOf(seed)[i]!, step, k), mask.shape, false)),
      ]),
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
