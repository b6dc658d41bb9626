/** Which rank this process is, from what launchers put into the environment. */

import { UsageError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Rank {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** What launched it. */
  readonly launcher: string;
}

interface Launcher {
  readonly name: string;
  /** Holds the rank, from 0. */
  readonly rank: string;
  /** Hold the number of ranks; the first that is set counts. */
  readonly counts: readonly string[];
  /** What to do where the rank is set and no count is. */
  readonly remedy: string;
}

/**
 * Innermost first: torchrun and mpirun are often started by Slurm or Kubernetes, whose own numbers then count nodes.
 * Sources: torchrun (pytorch.org, elastic/run, "Environment Variables"), Open MPI FAQ (running, 24), PMI-1 (MPICH, Intel
 * MPI, Cray), Slurm (srun manual, "Output environment variables"; a step's own count before the job's), Kubernetes (Jobs,
 * "Completion mode"; it tells a pod its index and not how many there are).
 */
const LAUNCHERS: readonly Launcher[] = [
  { name: "torchrun", rank: "RANK", counts: ["WORLD_SIZE"], remedy: "set WORLD_SIZE too" },
  {
    name: "Open MPI",
    rank: "OMPI_COMM_WORLD_RANK",
    counts: ["OMPI_COMM_WORLD_SIZE"],
    remedy: "set OMPI_COMM_WORLD_SIZE too",
  },
  { name: "PMI", rank: "PMI_RANK", counts: ["PMI_SIZE"], remedy: "set PMI_SIZE too" },
  {
    name: "Slurm",
    rank: "SLURM_PROCID",
    counts: ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS"],
    remedy: "start it with srun --ntasks n",
  },
  {
    name: "Kubernetes",
    rank: "JOB_COMPLETION_INDEX",
    counts: ["JOB_COMPLETIONS", "WORLD_SIZE"],
    remedy: "Kubernetes does not tell how many: write --shard auto/n, or set JOB_COMPLETIONS to the job's completions",
  },
];

const MOST_RANKS = 1_000_000;

function whole(env: Environment, variable: string, least: number): number {
  const text = env[variable] ?? "";
  const value = /^\s*\d{1,7}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= MOST_RANKS) return value;
  throw new UsageError(
    `--shard auto: ${variable} must be a whole number from ${least}, got ${JSON.stringify(text)}, set it or write i/n`,
  );
}

const isSet = (env: Environment, variable: string): boolean => (env[variable] ?? "").trim() !== "";

/**
 * Rank and number of ranks.
 *
 * @param given number of ranks that the command line says (`auto/8`); it must agree with the launcher's.
 * @throws UsageError where no launcher has left its marks, or these contradict each other
 * @example shardFromLauncher({ RANK: "2", WORLD_SIZE: "8" }) // { index: 3, count: 8, launcher: "torchrun" }
 */
export function shardFromLauncher(env: Environment, given: number | null = null): Rank {
  const found = LAUNCHERS.find(({ rank }) => isSet(env, rank));
  if (found === undefined) {
    const known = LAUNCHERS.map(({ rank, name }) => `${rank} (${name})`).join(", ");
    throw new UsageError(`--shard auto: no launcher's rank in the environment, looked for ${known}, write --shard i/n`);
  }
  const rank = whole(env, found.rank, 0);
  const variable = found.counts.find((name) => isSet(env, name));
  if (variable === undefined && given === null)
    throw new UsageError(`--shard auto: ${found.rank} is ${rank}, the number of ranks is not set, ${found.remedy}`);
  const said = variable === undefined ? null : whole(env, variable, 1);
  if (said !== null && given !== null && said !== given)
    throw new UsageError(`--shard auto/${given}: ${variable} says ${said}, make them agree or write --shard auto`);
  const count = said ?? given ?? 1;
  if (rank >= count)
    throw new UsageError(
      `--shard auto: ${found.rank} counts from 0 and must be below ${variable ?? "the count"} = ${count}, got ${rank}, check the launcher`,
    );
  return { index: rank + 1, count, launcher: found.name };
}
