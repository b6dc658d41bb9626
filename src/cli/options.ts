/** Options that several commands share, each parsed once with an error that says what would do. */

import type { Command } from "commander";
import type { Objective } from "../plan/index.ts";
import { parseBytes } from "./bytes.ts";
import { UsageError } from "./errors.ts";
import { type Environment, shardFromLauncher } from "./launcher.ts";
import { suggestion } from "./nearest.ts";

export const MODES = ["train", "eval"] as const;
/** Known here too, so that the help does not load the drawing. */
export const STREAMS = ["epoch0", "torch", "numpy", "jax"] as const;
const OBJECTIVES: readonly Objective[] = ["forward", "backward", "balanced"];
export const DTYPES = ["f32", "f16", "bf16"] as const;

export type Mode = (typeof MODES)[number];
export type Stream = (typeof STREAMS)[number];
export type WriteDtype = (typeof DTYPES)[number];

/** As commander hands them over. */
export interface ModelOptions extends CheckModelOptions {
  readonly scheme: string;
  readonly objective?: Objective;
  readonly seed: number;
}

/** A finite number of at most `most` in size, from `least` on where it is given. */
export function numberOption(
  name: string,
  { least, most = Number.MAX_VALUE }: { readonly least?: number; readonly most?: number } = {},
): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Math.abs(value) <= most && (least === undefined || value >= least)) return value;
    const end = most === Number.MAX_VALUE ? "on" : `to ${most.toExponential()}`;
    const start = least ?? (most === Number.MAX_VALUE ? undefined : -most);
    const from = start === undefined || start === 0 ? start : start.toExponential();
    const range = from === undefined ? "a finite number" : `a number from ${from} ${end}`;
    throw new UsageError(`${name}: must be ${range}, got ${JSON.stringify(text)}`);
  };
}

/** A whole number within the range that JavaScript holds exactly. */
export function wholeOption(
  name: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): (text: string) => number {
  return (text) => {
    const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = `from ${least === Number.MIN_SAFE_INTEGER ? "−(2^53 − 1)" : least} to ${most === Number.MAX_SAFE_INTEGER ? "2^53 − 1" : most}`;
    throw new UsageError(`${name}: must be a whole number ${range}, got ${JSON.stringify(text)}`);
  };
}

/** One of a few words. */
export function wordOption<Word extends string>(name: string, words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${name}: unknown value ${JSON.stringify(text)}, ${suggestion(text, words)}`);
  };
}

export interface Shard {
  readonly index: number;
  readonly count: number;
  /** What said so, for `auto`. */
  readonly launcher?: string;
}

/** `i/n`, i from 1 to n; `auto` or `auto/n`, where the launcher says i. */
export function shardOption(text: string, env: Environment = process.env): Shard {
  const [auto, given] = /^auto(?:\/(\d{1,6}))?$/.exec(text.trim()) ?? [];
  if (auto !== undefined && given !== "0") return shardFromLauncher(env, given === undefined ? null : Number(given));
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= count) return { index, count };
  throw new UsageError(
    `--shard: must be i/n with i from 1 to n, or auto, got ${JSON.stringify(text)}, for example 1/4`,
  );
}

/** Bytes with a unit; what they are for stands in the option's own help. */
export function bytesOption(name: string): (text: string) => number {
  return (text) => {
    const bytes = parseBytes(text);
    if (bytes !== null) return bytes;
    throw new UsageError(`${name}: must be a size such as 5GB or 512MiB, got ${JSON.stringify(text)}`);
  };
}

/** Inputs beyond this have no place in float32: their squares, summed over a layer, overflow. */
const LARGEST_INPUT = 1e15;

/** Samples in the concrete shapes; more would only make the shape arithmetic overflow. */
const MOST_SAMPLES = 65_536;

/** What the network is taken to be fed, and how: shared by planning and checking. */
export interface CheckModelOptions {
  readonly inputMean?: number;
  readonly inputVariance?: number;
  readonly mode: Mode;
  readonly batch?: number;
  readonly json?: true;
}

export function checkModelOptions(command: Command): Command {
  return command
    .option(
      "--input-mean <m>",
      "mean of a real-valued input's entries (default 0)",
      numberOption("--input-mean", { most: LARGEST_INPUT }),
    )
    .option(
      "--input-variance <v>",
      "and their variance (default 1)",
      numberOption("--input-variance", { least: 0, most: LARGEST_INPUT ** 2 }),
    )
    .option("--mode <train|eval>", "statistics of batch norm and dropout", wordOption("--mode", MODES), "train")
    .option(
      "--batch <n>",
      "samples in a batch, where it matters",
      wholeOption("--batch", { least: 1, most: MOST_SAMPLES }),
    );
}

/** Everything that decides what a plan is. */
export function modelOptions(command: Command): Command {
  return checkModelOptions(
    command
      .option("--scheme <name>", "rule that chooses each initializer", "auto")
      .option(
        "--objective <what>",
        "what auto keeps level: forward, backward or balanced (default)",
        wordOption("--objective", OBJECTIVES),
      )
      .option("--seed <n>", "seed of the draw", wholeOption("--seed", { least: Number.MIN_SAFE_INTEGER }), 0),
  ).option("--json", "one JSON document on stdout");
}

/** Whether a scheme runs the network to choose, so that `--data` matters to it. */
export function measures(scheme: string): boolean {
  return /^\s*(lsuv|layer[-_]sequential[-_]unit[-_]variance)\s*$/i.test(scheme);
}

/** The part of the options that `plan` takes, absent ones left out. */
export function planOptions(options: ModelOptions) {
  return {
    scheme: options.scheme,
    seed: options.seed,
    mode: options.mode,
    ...(options.objective === undefined ? {} : { objective: options.objective }),
    ...(options.inputMean === undefined ? {} : { inputMean: options.inputMean }),
    ...(options.inputVariance === undefined ? {} : { inputVariance: options.inputVariance }),
    ...(options.batch === undefined ? {} : { batch: options.batch }),
  };
}
