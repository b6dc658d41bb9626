/** A plan's weights as a sharded model on disk (Node): files of bounded size, continued where a run was killed, the index last. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { safetensorsHeader } from "../formats/safetensors/index.ts";
import type { ByteSink } from "../formats/source.ts";
import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import { DEFAULT_SHARD_BYTES, type Layout, layoutOf, splitByCount, splitBySize } from "./layout.ts";
import { withThreads } from "./parallel.ts";
import { type Shard, shardOf } from "./shard.ts";
import { type Slot, slotsOf, totalBytes } from "./slots.ts";
import { streamSlots, weightMetadata } from "./stream.ts";
import { valueSource } from "./values.ts";
import { type WrittenFile, writeAtomically, writeError } from "./write-atomic.ts";
import type { WriteWeightsOptions } from "./write-file.ts";
import { makeFolders } from "./write-folder.ts";
import { inTurn } from "./write-in-turn.ts";
import { checkPlace } from "./write-place.ts";
import { type ExpectedShard, matchesPlan, recordDigest, wholeShard } from "./write-resume.ts";
import { type Source, sourceOf } from "./write-source.ts";

export interface WriteShardsOptions extends WriteWeightsOptions {
  /**
   * Bytes of data in one file; a larger tensor has a file of its own. Default: 5 GB, or one file for each rank where
   * `shard` is given.
   */
  readonly maxShardBytes?: number | null;
  /** Called while files of an earlier run are read to see whether they are whole: share, 0 to 1, and the file's name. */
  readonly onChecked?: (done: number, file: string) => void;
}

export interface ShardFile extends WrittenFile {
  /** It was there, whole, from an earlier run. */
  readonly kept: boolean;
}

/** `path`, `bytes` and `sha256` are those of what a loader is given: the index, or the one file where there is no index. */
export interface WrittenShards extends WrittenFile {
  /** The files that this call answers for, in order. */
  readonly files: readonly ShardFile[];
  /** Files of the whole model. */
  readonly of: number;
  /** All files are there, and the index with them. False while other ranks have not finished. */
  readonly complete: boolean;
}

interface Job extends ExpectedShard {
  readonly slots: readonly Slot[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A folder, or the name that the files of a sharded model are made from. */
function placeOf(path: string): { readonly folder: string; readonly weights: string } {
  if (extname(path).toLowerCase() === ".safetensors") return { folder: dirname(path), weights: basename(path) };
  return { folder: path, weights: "model.safetensors" };
}

function layout(
  slots: readonly Slot[],
  weights: string,
  maxShardBytes: number | null,
  shard: Shard | null,
): Layout<Slot> {
  const byRank = shard !== null && maxShardBytes === null;
  const groups = byRank ? splitByCount(slots, shard.count) : splitBySize(slots, maxShardBytes ?? DEFAULT_SHARD_BYTES);
  return layoutOf(groups, weights);
}

/** Everything that decides the values and that a header does not say: initializers, and the files that are copied from. */
function planDigest(plan: Plan, { copied }: Source): string {
  const hash = createHash("sha256");
  for (const { name, shape, initializer } of plan.tensors)
    hash.update(`${JSON.stringify([name, shape, initializer])}\n`);
  for (const sha256 of copied) hash.update(`${sha256}\n`);
  return hash.digest("hex");
}

function jobsOf(
  plan: Plan,
  { files }: Layout<Slot>,
  folder: string,
  options: WriteShardsOptions,
  source: Source,
): Job[] {
  const planSha256 = planDigest(plan, source);
  return files.map(({ name, slots }, i) => {
    const shard = { index: i + 1, count: files.length };
    const metadata = {
      ...weightMetadata(plan, { ...options, shard, modelSha256: source.sha256 }),
      plan_sha256: planSha256,
    };
    const header = safetensorsHeader(slots, metadata);
    return { path: join(folder, name), slots, metadata, header, bytes: header.length + totalBytes(slots) };
  });
}

/**
 * Draws a plan's weights into a folder as Hugging Face lays sharded models out: `model-00001-of-00007.safetensors` … and
 * `model.safetensors.index.json`, or `model.safetensors` alone where everything fits one file. `path` may also name the
 * weights, `folder/name.safetensors`.
 *
 * Each file appears whole or not at all, and the index after the last of them. Files of an earlier run of the same plan
 * that are whole stay as they are. With `shard`, only the files of that rank are written: the same bytes as without it where
 * `maxShardBytes` is given. Memory is bounded by a tile for elementwise initializers.
 *
 * @throws Error in one line: disk full, one of the model's own files, a folder where a file should be, …
 * @example await writeShards("out", model, plan(model), { dtype: "bf16", maxShardBytes: 5e9 })
 */
export async function writeShards(
  path: string,
  model: Model,
  plan: Plan,
  options: WriteShardsOptions = {},
): Promise<WrittenShards> {
  const { shard = null, maxShardBytes = null, signal } = options;
  const { folder, weights } = placeOf(path);
  const slots = slotsOf(plan, { ...options, buffers: model.buffers });
  const whole = layout(slots, weights, maxShardBytes, shard);
  const source = await sourceOf(options.source ?? null, slots, signal);
  const jobs = jobsOf(plan, whole, folder, options, source);
  const mine = shard === null ? jobs : jobsOfRank(jobs, shard, maxShardBytes === null);
  const indexPath = whole.index === null ? null : join(folder, whole.index.name);
  for (const target of [...jobs.map((job) => job.path), ...(indexPath === null ? [] : [indexPath])])
    checkPlace(target, source.files);
  if (indexPath !== null) refuseRival(folder, weights);
  await makeFolders(folder).catch((error: unknown) => {
    throw writeError(error, folder);
  });
  const files = await writeJobs(mine, model, plan, options, indexPath);
  const rest = jobs.filter((job) => !mine.includes(job));
  const complete = (await Promise.all(rest.map(matchesPlan))).every(Boolean);
  const common = { files, of: jobs.length, complete };
  if (whole.index === null || indexPath === null) {
    const [only] = files;
    return { path: jobs[0]?.path ?? path, bytes: only?.bytes ?? 0, sha256: only?.sha256 ?? "", ...common };
  }
  signal?.throwIfAborted();
  return { ...(await writeIndex(indexPath, whole.index.text, complete)), ...common };
}

function jobsOfRank(jobs: readonly Job[], shard: Shard, oneEach: boolean): Job[] {
  return oneEach ? jobs.slice(shard.index - 1, shard.index) : shardOf(jobs, ({ bytes }) => bytes, shard);
}

/** Loaders take a whole `model.safetensors` before an index: beside one, the shards would never be read. */
function refuseRival(folder: string, weights: string): void {
  const rival = join(folder, weights);
  if (existsSync(rival))
    throw new Error(`write ${folder}: ${weights} is there and loaders take it before an index, remove it first`);
}

/** Writes it unless it is there already, or files are missing; what it is or will be is known in any case. */
async function writeIndex(path: string, text: string, complete: boolean): Promise<WrittenFile> {
  const bytes = new TextEncoder().encode(text);
  const there = await readFile(path, "utf8").catch(() => null);
  if (complete && there !== text) await writeAtomically(path, async (sink) => sink.write(bytes));
  return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function writeJobs(
  jobs: readonly Job[],
  model: Model,
  plan: Plan,
  options: WriteShardsOptions,
  indexPath: string | null,
): Promise<ShardFile[]> {
  const { signal, onProgress, onChecked, seed = plan.seed } = options;
  const kept = new Map<string, WrittenFile>();
  const checked = jobs.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  for (const job of jobs) {
    const onBytes = (bytes: number) => {
      read += bytes;
      onChecked?.(read / checked, basename(job.path));
    };
    const there = await wholeShard(job, { signal, onBytes });
    if (there !== null) kept.set(job.path, there);
  }
  const missing = jobs.filter(({ path }) => !kept.has(path));
  // While files are being replaced there is no index that calls them one model.
  if (missing.length > 0 && indexPath !== null) await rm(indexPath, { force: true });
  const total = missing.reduce((sum, job) => sum + totalBytes(job.slots), 0);
  const wanted = new Set(missing.flatMap((job) => job.slots.map(({ name }) => name)));
  const valuesOf = valueSource(plan, { ...options, seed, wanted, read: model.read });
  const own = (options.stream ?? "epoch0") === "epoch0" ? seed : null;
  let done = 0;
  const onBytes = (bytes: number, tensor: string) => {
    done += bytes;
    onProgress?.(total === 0 ? 1 : done / total, tensor);
  };
  const written = new Map<string, WrittenFile>();
  await withThreads(
    missing.flatMap(({ slots }) => slots),
    { seed: own, signal },
    (parallel) =>
      inTurn(missing, async ({ path, slots, metadata }, filled) => {
        const fill = async (sink: ByteSink) => {
          await streamSlots(sink, slots, "safetensors", { parallel, metadata, valuesOf, signal, onBytes });
          signal?.throwIfAborted();
          filled();
        };
        // No signal from there on: a shard that is filled is kept, and the next run goes on behind it.
        written.set(path, await writeAtomically(path, fill, { onDisk: recordDigest }));
      }),
  );
  return jobs.flatMap(({ path }) => {
    const there = kept.get(path);
    const file = there ?? written.get(path);
    return file === undefined ? [] : [{ ...file, kept: there !== undefined }];
  });
}
