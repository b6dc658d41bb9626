/** Trains a model: loss, gradient and update as one compiled function, built once and used for every step and run. */

import type { Model } from "../../model/types.ts";
import { loadJax, type Tensor } from "../jax.ts";
import { toTensor, type Weights } from "../values.ts";
import { checkLearningRate, createOptimizer } from "./optimizer.ts";
import { type Compiled, compiled, lossPrograms, type Program, startTensors } from "./program.ts";
import type { Samples, Score, Trainer, TrainerOptions, Values } from "./types.ts";

/**
 * A trainer of the model, from `weights`. Tied parameters stay tied.
 *
 * Dropout drops in steps and nowhere else; batch normalization takes the batch's statistics in steps, moves the running
 * ones, and evaluates with those. A batch that is larger than `model.batch` is taken in turns whose gradients add up, a
 * smaller one is filled up with rows of weight 0 (with batch normalization these take part in the statistics).
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
  const { loss } = options;
  const jax = await loadJax(options.device);
  const optimizer = createOptimizer(jax, options.optimizer);
  const start = startTensors(jax, model, loss, options.weights);
  const { names, fixedNames, movedNames, ...parts } = lossPrograms(jax, model, start, options);
  const { slots } = optimizer;
  const width = names.length;

  /** [parameters…, slots…, gradients…, numbers…] → [parameters…, slots…]. */
  const apply: Program = (args) => {
    const numbers = args.slice(width * (2 + slots));
    const results = names.map((_, i) => {
      const own = Array.from({ length: slots }, (_, k) => args[width * (1 + k) + i]!);
      return optimizer.update(args[i]!, args[width * (1 + slots) + i]!, own, numbers);
    });
    return Array.from({ length: 1 + slots }, (_, k) => results.map((parts) => parts[k]!)).flat();
  };

  const programs = new Map<string, Compiled>();
  const program = (key: string, make: () => Program) => {
    const found = programs.get(key) ?? compiled(jax, make());
    programs.set(key, found);
    return found;
  };
  const gradientFor = (labelled: boolean) => program(`gradient ${labelled}`, () => parts.gradient(labelled));
  const turnFor = (labelled: boolean) => program(`turn ${labelled}`, () => parts.step(labelled));
  const scorer = (labelled: boolean) => program(`score ${labelled}`, () => parts.score(labelled));
  const updater = () => program("update", () => apply);
  /** [parameters…, slots…, fixed…, one turn…, numbers…] → [loss, right, moved…, parameters…, slots…]. */
  const stepFor = (labelled: boolean) =>
    program(`step ${labelled}`, () => {
      const turn = parts.step(labelled);
      return (args) => {
        const held = width * (1 + slots);
        const data = held + fixedNames.length + parts.width.step;
        const [sum, right, ...found] = turn([...args.slice(0, width), ...args.slice(held, data)]);
        const gradients = found.slice(0, width);
        const results = apply([...args.slice(0, held), ...gradients, ...args.slice(data)]);
        for (const each of gradients) each.dispose();
        return [sum!, right!, ...found.slice(width), ...results];
      };
    });

  /** Parameters, then the optimizer's slots; and what stays as it is. */
  let state: Tensor[] = [];
  let fixed: Tensor[] = [];
  let taken = 0;
  let { learningRate } = options.optimizer;
  let { seed = 0 } = options;
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
  /** Running statistics after a turn take the place of those before. */
  const move = (tensors: readonly Tensor[]) => {
    for (const [i, name] of movedNames.entries()) {
      const at = fixedNames.indexOf(name);
      fixed[at]!.dispose();
      fixed[at] = tensors[i]!;
    }
  };
  const scalar = (value: number) => toTensor(jax, [value], [], false);
  const numbers = () => optimizer.numbers(taken, learningRate).map(scalar);
  const isLabelled = (samples: Samples) => samples.targets instanceof Int32Array;
  const scoreOf = async (sum: Tensor, right: Tensor, labelled: boolean): Promise<Score> => {
    const [total, hits] = [(await sum.data())[0]!, (await right.data())[0]!];
    return { loss: total, accuracy: labelled ? hits : Number.NaN };
  };

  /** Sums of loss, hits and gradients over all turns; what a turn gives besides goes to `rest`. */
  const accumulate = (program: Compiled, turns: readonly Tensor[][], rest: (tensors: Tensor[]) => void): Tensor[] => {
    let sums: Tensor[] | null = null;
    for (const data of turns) {
      const found = program(...parameters(), ...data);
      rest(found.splice(2 + width));
      sums = sums === null ? found : sums.map((sum, i) => sum.add(found[i]!));
    }
    return sums ?? [];
  };

  return {
    async step(batch) {
      const labelled = isLabelled(batch);
      const turns = parts.feedStep(batch, seed, taken);
      taken++;
      const [only] = turns;
      if (turns.length === 1 && only !== undefined) {
        const [sum, right, ...next] = stepFor(labelled)(...state, ...refs(fixed), ...only, ...numbers());
        move(next.splice(0, movedNames.length));
        state = next;
        return scoreOf(sum!, right!, labelled);
      }
      const [sum, right, ...gradients] = accumulate(turnFor(labelled), turns, move);
      state = updater()(...state, ...gradients, ...numbers());
      return scoreOf(sum!, right!, labelled);
    },
    async evaluate(data) {
      const labelled = isLabelled(data);
      let [total, hits] = [0, 0];
      for (const part of parts.feed(data)) {
        const [sum, right] = scorer(labelled)(...parameters(), ...part);
        const score = await scoreOf(sum!, right!, labelled);
        total += score.loss;
        hits += score.accuracy;
      }
      return { loss: total, accuracy: hits };
    },
    async gradient(batch) {
      const labelled = isLabelled(batch);
      const [sum, right, ...found] = accumulate(gradientFor(labelled), parts.feed(batch), () => undefined);
      const score = await scoreOf(sum!, right!, labelled);
      return { ...score, gradients: await valuesOf(names, found) };
    },
    weights: () => valuesOf([...names, ...fixedNames], parameters()),
    setLearningRate(rate) {
      checkLearningRate(rate);
      learningRate = rate;
    },
    reset(
      weights: Weights,
      { learningRate: rate = options.optimizer.learningRate, seed: drops = options.seed ?? 0 } = {},
    ) {
      checkLearningRate(rate);
      begin(startTensors(jax, model, loss, weights));
      [learningRate, seed] = [rate, drops];
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
