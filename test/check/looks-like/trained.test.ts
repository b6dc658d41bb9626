/** Networks that learned digits for 200 steps: none of their weights is called fresh; before the first step all are. */

import { expect, test } from "vitest";
import { identifyModel } from "../../../src/check/index.ts";
import { readData } from "../../../src/formats/file.ts";
import { readLine } from "../../../src/formats/index.ts";
import { initialize } from "../../../src/materialize/index.ts";
import type { Model } from "../../../src/model/types.ts";
import { plan } from "../../../src/plan/index.ts";
import { train } from "../../../src/run/index.ts";
import { shared } from "../../formats/corpus-paths.ts";

const ACTIVATIONS = ["relu", "tanh", "logistic"] as const;
const SCHEMES = ["torch", "he-normal", "glorot-uniform", "orthogonal"] as const;
const OPTIMIZERS = [
  { kind: "sgd", learningRate: 0.1 },
  { kind: "adam", learningRate: 0.001 },
] as const;

const withWeights = (model: Model, weights: ReadonlyMap<string, Float32Array>): Model => ({
  ...model,
  read: (name) => weights.get(name) ?? null,
});

const families = (model: Model) =>
  [...identifyModel(model)]
    .filter(({ use }) => use.part === "weight")
    .map(({ parameter, likeness }) => `${parameter.name} ${likeness.family}`);

test.each(ACTIVATIONS)(
  "%s networks",
  async (activation) => {
    const data = await readData(`${shared}data/digits.csv`);
    const count = data.shape[0]!;
    const inputs = data.inputs.map((x) => x / 16);
    const samples = { count, inputs, targets: Int32Array.from(data.labels ?? []) };
    const model = readLine(`64 > 128 ${activation} > 128 ${activation} > 10 softmax`, { batch: 32 });
    const fresh: string[] = [];
    const moved: string[] = [];
    for (const scheme of SCHEMES) {
      for (const optimizer of OPTIMIZERS) {
        const start = initialize(plan(model, { scheme, seed: 11 }));
        const label = `${scheme} ${optimizer.kind}`;
        const before = families(withWeights(model, start));
        expect(before.filter((text) => /trained|unknown/.test(text))).toEqual([]);
        const { weights, state } = await train(model, samples, {
          weights: start,
          loss: "cross-entropy",
          optimizer,
          steps: 200,
          batch: 32,
          seed: 3,
        });
        expect(state).toBe("finished");
        for (const text of families(withWeights(model, weights)))
          (text.endsWith("trained") ? moved : fresh).push(`${label} ${text}`);
      }
    }
    expect(fresh).toEqual([]);
    expect(moved).toHaveLength(3 * SCHEMES.length * OPTIMIZERS.length);
  },
  120_000,
);
