/** What a race is: schemes, seeds, one grid of learning rates for all, and what came out (DESIGN 6.2, `epoch0.race/1`). */

import type { Loss } from "../run/index.ts";

export const OPTIMIZERS = ["sgd", "momentum", "adam"] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

export interface RaceSettings {
  readonly schemes: readonly string[];
  /** One rate for all, several to choose from for each scheme, or "auto". */
  readonly learningRates: readonly number[] | "auto";
  /** Draws of the weights, each with its own order of the data, the same for every scheme. */
  readonly seeds: number;
  /** The first of them. */
  readonly seed: number;
  readonly steps: number;
  readonly batch: number;
  readonly optimizer: OptimizerName;
  /** Accuracy to reach (loss where there are no classes); null: nine tenths of what the best scheme reaches. */
  readonly target: number | null;
}

/** What decides one run, besides the model, the data and the settings. */
export interface RunSpec {
  readonly scheme: string;
  readonly seed: number;
  readonly learningRate: number;
}

export interface RunRecord extends RunSpec {
  readonly state: "finished" | "stopped" | "diverged";
  readonly reason: string;
  readonly diverged: boolean;
  /** Of each step's batch. */
  readonly losses: readonly number[];
  /** On the rows held out. */
  readonly evaluations: readonly { readonly step: number; readonly loss: number; readonly accuracy: number }[];
  /** Lowest loss on the rows held out, and the accuracy there; Infinity and null where the run diverged. */
  readonly loss: number;
  readonly accuracy: number | null;
  readonly seconds: number;
}

/** 2/λ_max of a scheme's first draw. */
export interface StableStep {
  readonly scheme: string;
  readonly lambdaMax: number;
  readonly error: number;
  readonly largestStep: number;
}

/** One thing to do in a worker. */
export type Job = ({ readonly kind: "run" } & RunSpec) | { readonly kind: "sharpness"; readonly scheme: string };
export type Outcome =
  | { readonly kind: "run"; readonly record: RunRecord }
  | { readonly kind: "sharpness"; readonly step: StableStep };

export interface Spread {
  readonly mean: number;
  readonly std: number;
}

export interface Ranked {
  /** 1 + the number of schemes that are better beyond noise: equal ranks are ties. */
  readonly rank: number;
  readonly scheme: string;
  readonly learningRate: number;
  /** Over the runs that did not diverge; null where all did. */
  readonly loss: Spread | null;
  readonly accuracy: Spread | null;
  /** Median over runs that got there; null where none did. */
  readonly stepsToTarget: number | null;
  readonly reached: number;
  readonly diverged: number;
  readonly runs: number;
  /** Chance of so clear a difference from the best scheme's runs, were they alike (Mann & Whitney 1947, exact). */
  readonly p: number;
}

export interface RaceResult {
  readonly schema: "epoch0.race/1";
  readonly model: string;
  readonly data: {
    readonly name: string;
    readonly train: number;
    readonly test: number;
    readonly classes: number;
    readonly loss: Loss;
    readonly standardised: boolean;
    readonly input: { readonly mean: number; readonly variance: number } | null;
  };
  readonly settings: RaceSettings;
  readonly target: { readonly accuracy: number } | { readonly loss: number } | null;
  readonly stableSteps: readonly StableStep[];
  readonly runs: readonly RunRecord[];
  /** Runs that only chose a learning rate. */
  readonly search: readonly RunRecord[];
  readonly ranking: readonly Ranked[];
}
