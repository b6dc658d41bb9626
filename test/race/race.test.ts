import { describe, expect, it } from "vitest";
import { maxoutNetwork } from "../../examples/custom-node.ts";
import { readLine } from "../../src/formats/index.ts";
import { momentRule } from "../../src/propagate/index.ts";
import { createRunner, fitTask, type RaceSettings, race } from "../../src/race/index.ts";
import type { Job, Outcome } from "../../src/race/types.ts";
import type { CustomOperation } from "../../src/run/index.ts";

const settings: RaceSettings = {
  schemes: ["auto", "torch"],
  learningRates: "auto",
  seeds: 3,
  seed: 0,
  steps: 10,
  batch: 8,
  optimizer: "sgd",
  target: null,
};
const model = readLine("4 > 8 tanh > 3 softmax", { batch: 8 });
const task = fitTask(model, "iris", { seed: 0, standardise: true });

const maxout: CustomOperation = (jax, [z]) => jax.numpy.max(z!.ref.reshape([z!.shape[0]!, z!.shape[1]! / 2, 2]), -1);
const operations = { Maxout: maxout };
const rules = {
  Maxout: momentRule({
    forward: ([z]) => ({ mean: Math.sqrt(z!.secondMoment / Math.PI), secondMoment: z!.secondMoment }),
    backward: () => [1 / 2],
  }),
};

/** Runs whose loss is lowest at a rate of each scheme's own, and that diverge above ten times that rate. */
function valley(bottoms: Readonly<Record<string, number>>, largestStep: number, jobs: Job[] = []) {
  return async (job: Job): Promise<Outcome> => {
    jobs.push(job);
    const { scheme } = job;
    if (job.kind === "sharpness") {
      return { kind: "sharpness", step: { scheme, lambdaMax: 2 / largestStep, error: 0, largestStep } };
    }
    const distance = Math.log10(job.learningRate / bottoms[scheme]!);
    const diverged = distance > 1;
    const loss = diverged ? Number.POSITIVE_INFINITY : 0.1 + distance ** 2 + 0.001 * job.seed;
    const evaluations = [{ step: 0, loss: 1, accuracy: 0.3 }, ...(diverged ? [] : [{ step: 10, loss, accuracy: 0.9 }])];
    const state = diverged ? "diverged" : "finished";
    const record = { scheme, seed: job.seed, learningRate: job.learningRate, state, reason: "", diverged } as const;
    const accuracy = diverged ? null : 0.9;
    return { kind: "run", record: { ...record, losses: [1], evaluations, loss, accuracy, seconds: 0 } };
  };
}

describe("the search for a learning rate", () => {
  it("walks one grid from 2/λ_max to each scheme's best, and runs every seed there", async () => {
    const jobs: Job[] = [];
    const result = await race(valley({ auto: 0.316, torch: 3.16 }, 0.4, jobs), "m", task, settings);
    expect(result.ranking.map(({ scheme, learningRate }) => [scheme, learningRate])).toEqual([
      ["auto", 0.316],
      ["torch", 3.16],
    ]);
    expect(result.runs.map(({ scheme, seed }) => `${scheme} ${seed}`)).toEqual([
      "auto 0",
      "auto 1",
      "auto 2",
      "torch 0",
      "torch 1",
      "torch 2",
    ]);
    // The start is the grid's rate below 0.4; both neighbours of the best are known to be worse.
    const rates = (scheme: string) => jobs.flatMap((job) => (job.kind === "run" && job.scheme === scheme ? job : []));
    expect(rates("auto")[0]!.learningRate).toBe(0.316);
    expect(new Set(rates("auto").map(({ learningRate }) => learningRate))).toEqual(new Set([0.316, 1, 0.1]));
    expect(new Set(rates("torch").map(({ learningRate }) => learningRate))).toEqual(new Set([0.316, 1, 3.16, 10]));
  });

  it("walks down from where everything diverges", async () => {
    const result = await race(valley({ auto: 1e-3, torch: 1e-2 }, 10), "m", task, settings);
    expect(result.ranking[0]!.diverged).toBe(0);
    expect(result.search.some(({ diverged }) => diverged)).toBe(true);
  });

  it("tries all of a list for every scheme, and asks no curvature", async () => {
    const jobs: Job[] = [];
    const execute = valley({ auto: 0.1, torch: 0.1 }, 1, jobs);
    const result = await race(execute, "m", task, { ...settings, learningRates: [0.01, 0.1, 1] });
    expect(jobs.filter(({ kind }) => kind === "sharpness")).toEqual([]);
    expect(result.stableSteps).toEqual([]);
    expect(result.search).toHaveLength(4);
    expect(result.runs.every(({ learningRate }) => learningRate === 0.1)).toBe(true);
  });
});

describe("a runner", () => {
  it("gives the same run for the same job, whatever ran before it, and names divergence", async () => {
    const runner = await createRunner(model, task, settings);
    const job: Job = { kind: "run", scheme: "torch", seed: 1, learningRate: 0.1 };
    const strip = (outcome: Outcome) => (outcome.kind === "run" ? { ...outcome.record, seconds: 0 } : outcome);
    const first = strip(await runner.run(job));
    const wild = await runner.run({ kind: "run", scheme: "he-normal", seed: 0, learningRate: 1e6 });
    expect(strip(await runner.run(job))).toEqual(first);
    expect(first).toMatchObject({ state: "finished", diverged: false });
    expect(wild).toMatchObject({ record: { state: "diverged", diverged: true, accuracy: null } });
    const measured = await runner.run({ kind: "run", scheme: "lsuv", seed: 0, learningRate: 0.1 });
    expect(measured).toMatchObject({ record: { scheme: "lsuv", state: "finished" } });
    const curvature = await runner.run({ kind: "sharpness", scheme: "torch" });
    expect(curvature.kind === "sharpness" && curvature.step.largestStep).toBeGreaterThan(0);
    runner.dispose();
  });

  it("takes rules and operations of one's own", async () => {
    const own = maxoutNetwork();
    const extensions = { rules, operations };
    const data = fitTask(own, "teacher", { seed: 0 });
    const short = { ...settings, batch: own.batch, steps: 2, schemes: ["auto"] };
    const runner = await createRunner(own, data, short, extensions);
    const run = await runner.run({ kind: "run", scheme: "auto", seed: 0, learningRate: 0.01 });
    expect(run).toMatchObject({ record: { state: "finished", diverged: false } });
    expect(await runner.run({ kind: "sharpness", scheme: "auto" })).toMatchObject({ kind: "sharpness" });
    runner.dispose();
  });
});
