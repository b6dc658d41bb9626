/** Rank and count from the environment of each launcher. */

import { expect, test } from "vitest";
import { type Environment, shardFromLauncher } from "../../src/cli/launcher.ts";

test.each<[string, Environment, number, number]>([
  ["torchrun", { RANK: "2", WORLD_SIZE: "8", LOCAL_RANK: "0" }, 3, 8],
  ["Open MPI", { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "2" }, 1, 2],
  ["PMI", { PMI_RANK: "3", PMI_SIZE: "4" }, 4, 4],
  ["Slurm", { SLURM_PROCID: "5", SLURM_NTASKS: "6" }, 6, 6],
  ["Slurm", { SLURM_PROCID: "1", SLURM_STEP_NUM_TASKS: "2", SLURM_NTASKS: "6" }, 2, 2],
  ["Kubernetes", { JOB_COMPLETION_INDEX: "0", JOB_COMPLETIONS: "3" }, 1, 3],
  ["Kubernetes", { JOB_COMPLETION_INDEX: "2", WORLD_SIZE: "3" }, 3, 3],
  // One torchrun a node under srun: Slurm counts nodes, torchrun processes.
  ["torchrun", { RANK: "9", WORLD_SIZE: "16", SLURM_PROCID: "1", SLURM_NTASKS: "2" }, 10, 16],
  ["Open MPI", { OMPI_COMM_WORLD_RANK: "3", OMPI_COMM_WORLD_SIZE: "4", SLURM_PROCID: "0", SLURM_NTASKS: "4" }, 4, 4],
  // Set and empty is not set.
  ["Slurm", { RANK: "", SLURM_PROCID: "0", SLURM_NTASKS: "1" }, 1, 1],
])("%s: %o", (launcher, env, index, count) => {
  expect(shardFromLauncher(env)).toEqual({ index, count, launcher });
});

test("a count of one's own stands in where the launcher has none, and must agree where it has", () => {
  expect(shardFromLauncher({ JOB_COMPLETION_INDEX: "4" }, 8)).toEqual({ index: 5, count: 8, launcher: "Kubernetes" });
  expect(shardFromLauncher({ RANK: "1", WORLD_SIZE: "8" }, 8)).toMatchObject({ index: 2, count: 8 });
  expect(() => shardFromLauncher({ RANK: "1", WORLD_SIZE: "8" }, 4)).toThrow("--shard auto/4: WORLD_SIZE says 8");
});

test.each<[string, Environment, RegExp]>([
  ["nothing", {}, /no launcher's rank in the environment, looked for RANK \(torchrun\), .*write --shard i\/n$/],
  ["a count alone", { WORLD_SIZE: "4" }, /no launcher's rank/],
  ["a rank alone", { RANK: "0" }, /RANK is 0, the number of ranks is not set, set WORLD_SIZE too/],
  ["Slurm without tasks", { SLURM_PROCID: "0" }, /start it with srun/],
  ["Kubernetes alone", { JOB_COMPLETION_INDEX: "1" }, /Kubernetes does not tell how many: write --shard auto\/n/],
  ["a rank beyond the count", { RANK: "8", WORLD_SIZE: "8" }, /RANK counts from 0 and must be below WORLD_SIZE = 8/],
  ["no number", { RANK: "first", WORLD_SIZE: "8" }, /RANK must be a whole number from 0, got "first"/],
  ["a negative rank", { RANK: "-1", WORLD_SIZE: "8" }, /RANK must be a whole number from 0/],
  ["a fraction", { RANK: "0", WORLD_SIZE: "2.5" }, /WORLD_SIZE must be a whole number from 1/],
  ["none of none", { RANK: "0", WORLD_SIZE: "0" }, /WORLD_SIZE must be a whole number from 1/],
])("refused in one line: %s", (_, env, message) => {
  expect(() => shardFromLauncher(env)).toThrow(message);
});
