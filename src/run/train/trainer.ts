/** Trains a model: loss, gradient and update as one compiled function, built once and used for every step and run. */

import type { Model } from "../../model/types.ts";
import { buildForward, buildGradient } from "../forward.ts";
import { loadJax, type Tensor } from "../jax.ts";
import { isDifferentiable } from "../lower.ts";
import { product } from "../operation.ts";
import { isReal, parameterTensors, toTensor, type Weights } from "../values.ts";
import { chunks } from "./batches.ts";
import { headOf, labelsPerSample } from "./head.ts";
import { crossEntropy, squaredError } from "./objective.ts";
import { checkLearningRate, createOptimizer } from "./optimizer.ts";
import type { Samples, Score, Trainer, TrainerOptions, Values } from "./types.ts";

/**
 * A trainer of the model, from `weights`. Tied parameters stay tied, running statistics stay as they are.
 *
 * Dropout is the identity. A batch that is larger than `model.batch` is taken in turns whose gradients add up, a smaller
 * one is filled up with rows of weight 0 (with batch normalization these take part in the statistics).
 *
 * Errors: `run: …` where the model cannot be run, `train: …` for data or numbers that do not fit.
 *
 * @example
 * const trainer = await createTrainer(model, {
 *   weights: initialize(plan(model)),
 *   loss: "cross-entropy",
 *   optimizer: { kind: "sgd", learningRate: 0.1, momentum: 0.9 },
 * });
 * const { loss } = await trainer.step(batch);
 * trainer.dispose();
 */
export async function createTrainer(model: Model, options: TrainerOptions): Promise<Trainer> {
  const { loss, mode = "train" } = options;
  const jax = await loadJax(options.device);
  const head = headOf(model, loss);
  const input = onlyDataInput(head.model);
  const optimizer = createOptimizer(jax, options.optimizer);
  const start = parameterTensors(jax, head.model, options.weights);
  const names = [...start.keys()].filter((name) => isDifferentiable(model, name));
  const fixedNames = [...start.keys()].filter((name) => !names.includes(name));
  if (names.length === 0) throw new Error(`train: ${model.name} has no parameters to train, got none, read a graph`);
  const perSample = labelsPerSample(head, model.batch);
  const { slots } = optimizer;
  const width = names.length;

  const record = (tensors: readonly Tensor[]) =>
    Object.fromEntries([...names, ...fixedNames].map((name, i) => [name, tensors[i]!]));

  /** [parameters…, fixed…, x, targets, weights] → [loss, right, gradients…], sums; gives its arguments away. */
  const gradientProgram = (labelled: boolean) => {
    const objective = loss === "cross-entropy" ? crossEntropy(jax, head) : squaredError(jax, head, labelled);
    return (args: readonly Tensor[]): Tensor[] => {
      const parts: Tensor[] = [];
      const all = width + fixedNames.length;
      const gradientOf = buildGradient(
        jax,
        head.model,
        (outputs) => {
          const { loss, right, cotangent } = objective(outputs[head.value]!, args[all + 1]!, args[all + 2]!);
          parts.push(loss, right);
          return { [head.value]: cotangent };
        },
        { mode },
      );
      const { outputs, gradients } = gradientOf(record(args), { [input.name]: args[all]! });
      for (const output of Object.values(outputs)) output.dispose();
      return [...parts, ...names.map((name, i) => gradients[name] ?? jax.numpy.zerosLike(args[i]!.ref))];
    };
  };
  const given = (f: (args: readonly Tensor[]) => Tensor[]) =>
    jax.jit((...args: Tensor[]) => {
      const results = f(args);
      for (const arg of args) arg.dispose();
      return results;
    });
  /** [parameters…, slots…, gradients…, numbers…] → [parameters…, slots…]. */
  const apply = (args: readonly Tensor[]): Tensor[] => {
    const numbers = args.slice(width * (2 + slots));
    const results = names.map((_, i) => {
      const own = Array.from({ length: slots }, (_, k) => args[width * (1 + k) + i]!);
      return optimizer.update(args[i]!, args[width * (1 + slots) + i]!, own, numbers);
    });
    return Array.from({ length: 1 + slots }, (_, k) => results.map((parts) => parts[k]!)).flat();
  };

  const programs = new Map<string, ((...args: Tensor[]) => Tensor[]) & { dispose: () => void }>();
  const program = (key: string, f: () => (args: readonly Tensor[]) => Tensor[]) => {
    const found = programs.get(key) ?? given(f());
    programs.set(key, found);
    return found;
  };
  const gradientFor = (labelled: boolean) => program(`gradient ${labelled}`, () => gradientProgram(labelled));
  const updater = () => program("update", () => apply);
  /** [parameters…, slots…, fixed…, x, targets, weights, numbers…] → [loss, right, parameters…, slots…]. */
  const stepFor = (labelled: boolean) =>
    program(`step ${labelled}`, () => {
      const gradient = gradientProgram(labelled);
      return (args) => {
        const held = width * (1 + slots);
        const data = held + fixedNames.length + 3;
        const [sum, right, ...gradients] = gradient([...args.slice(0, width), ...args.slice(held, data)]);
        const results = apply([...args.slice(0, held), ...gradients, ...args.slice(data)]);
        for (const each of gradients) each.dispose();
        return [sum!, right!, ...results];
      };
    });
  const scorer = (labelled: boolean) =>
    program(`score ${labelled}`, () => {
      const forward = buildForward(jax, head.model, { mode });
      const objective = loss === "cross-entropy" ? crossEntropy(jax, head) : squaredError(jax, head, labelled);
      return (args) => {
        const all = width + fixedNames.length;
        const output = forward(record(args), { [input.name]: args[all]! })[head.value]!;
        const { loss: sum, right, cotangent } = objective(output, args[all + 1]!, args[all + 2]!);
        cotangent.dispose();
        output.dispose();
        return [sum, right];
      };
    });

  /** Parameters, then the optimizer's slots; and what stays as it is. */
  let state: Tensor[] = [];
  let fixed: Tensor[] = [];
  let taken = 0;
  let { learningRate } = options.optimizer;
  const free = () => {
    for (const tensor of [...state, ...fixed]) tensor.dispose();
    [state, fixed] = [[], []];
  };
  const begin = (tensors: ReadonlyMap<string, Tensor>) => {
    free();
    state = names.map((name) => tensors.get(name)!);
    for (let k = 0; k < slots; k++) {
      for (const name of names) state.push(jax.numpy.zeros([...tensors.get(name)!.shape]));
    }
    fixed = fixedNames.map((name) => tensors.get(name)!);
    taken = 0;
  };
  begin(start);

  const refs = (tensors: readonly Tensor[]) => tensors.map((tensor) => tensor.ref);
  const parameters = () => refs([...state.slice(0, width), ...fixed]);
  const integers = input.vocabulary !== null || !isReal(input.dtype);
  const layout = { batch: model.batch, input: product(input.shape) / model.batch, labels: perSample, head, integers };
  const feed = (samples: Samples): Tensor[][] =>
    chunks(samples, layout).map(({ inputs, targets, weights }) => [
      toTensor(jax, inputs, input.shape, integers),
      toTensor(
        jax,
        targets,
        targets instanceof Int32Array ? [targets.length] : head.shape,
        targets instanceof Int32Array,
      ),
      toTensor(jax, weights, [weights.length], false),
    ]);
  const scalar = (value: number) => toTensor(jax, [value], [], false);
  const numbers = () => optimizer.numbers(taken, learningRate).map(scalar);
  const isLabelled = (samples: Samples) => samples.targets instanceof Int32Array;
  const scoreOf = async (sum: Tensor, right: Tensor, labelled: boolean): Promise<Score> => {
    const [total, hits] = [(await sum.data())[0]!, (await right.data())[0]!];
    return { loss: total, accuracy: labelled ? hits : Number.NaN };
  };

  /** Sums of loss, hits and gradients over all turns. */
  const accumulate = (samples: Samples): Tensor[] => {
    const gradient = gradientFor(isLabelled(samples));
    let sums: Tensor[] | null = null;
    for (const data of feed(samples)) {
      const found = gradient(...parameters(), ...data);
      sums = sums === null ? found : sums.map((sum, i) => sum.add(found[i]!));
    }
    return sums ?? [];
  };

  return {
    async step(batch) {
      const labelled = isLabelled(batch);
      taken++;
      if (batch.count <= model.batch) {
        const [sum, right, ...next] = stepFor(labelled)(...state, ...refs(fixed), ...feed(batch)[0]!, ...numbers());
        state = next;
        return scoreOf(sum!, right!, labelled);
      }
      const [sum, right, ...gradients] = accumulate(batch);
      state = updater()(...state, ...gradients, ...numbers());
      return scoreOf(sum!, right!, labelled);
    },
    async evaluate(data) {
      const labelled = isLabelled(data);
      let [total, hits] = [0, 0];
      for (const part of feed(data)) {
        const [sum, right] = scorer(labelled)(...parameters(), ...part);
        const score = await scoreOf(sum!, right!, labelled);
        total += score.loss;
        hits += score.accuracy;
      }
      return { loss: total, accuracy: hits };
    },
    async gradient(batch) {
      const [sum, right, ...found] = accumulate(batch);
      const score = await scoreOf(sum!, right!, isLabelled(batch));
      return { ...score, gradients: await valuesOf(names, found) };
    },
    weights: () => valuesOf([...names, ...fixedNames], parameters()),
    setLearningRate(rate) {
      checkLearningRate(rate);
      learningRate = rate;
    },
    reset(weights: Weights, { learningRate: rate = options.optimizer.learningRate } = {}) {
      checkLearningRate(rate);
      begin(parameterTensors(jax, head.model, weights));
      learningRate = rate;
    },
    dispose() {
      free();
      for (const each of programs.values()) each.dispose();
      programs.clear();
    },
  };
}

/** Takes the tensors. */
async function valuesOf(names: readonly string[], tensors: readonly Tensor[]): Promise<Values> {
  const values: Values = new Map();
  for (const [i, name] of names.entries()) values.set(name, Float32Array.from(await tensors[i]!.data()));
  return values;
}

function onlyDataInput(model: Model) {
  const [input] = model.inputs;
  if (input === undefined || model.inputs.length > 1) {
    throw new Error(`train: needs a model with one input, got ${model.inputs.length} in ${model.name}`);
  }
  return input;
}
