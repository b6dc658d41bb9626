/** The weights of a plan, on disk. */

import type { WriteWeightsOptions } from "../materialize/write-file.ts";
import type { ShardFile } from "../materialize/write-shards.ts";
import type { Model } from "../model/types.ts";
import type { Plan } from "../plan/types.ts";
import type { InitOptions } from "./commands/init.ts";
import type { Shard } from "./options.ts";
import { isSharded } from "./output.ts";
import type { Progress } from "./progress.ts";

export interface Written {
  readonly path: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** Of a sharded model: the files that this run answers for, of how many, and whether all are there. */
  readonly files?: readonly ShardFile[];
  readonly of?: number;
  readonly complete?: boolean;
}

export interface WriteJob {
  readonly model: Model;
  readonly plan: Plan;
  /** The model's file or line, as it was given. */
  readonly input: string;
  readonly options: Omit<InitOptions, "dtype"> & {
    readonly output: string;
    readonly dtype: NonNullable<WriteWeightsOptions["dtype"]>;
  };
  readonly progress: Pick<Progress, "update">;
  readonly signal: AbortSignal;
}

/** Draws and writes; the format goes by the suffix. Interrupted or failed, it leaves no file under its final name. */
export async function writePlanned({ model, plan, input, options, progress, signal }: WriteJob): Promise<Written> {
  const { output, dtype, stream, shard, maxShardSize } = options;
  const { isLine } = await import("../formats/file.ts");
  const common = {
    source: isLine(input) ? null : input,
    dtype,
    stream,
    signal,
    onProgress: (done: number, tensor: string) => progress.update(done, `drawing ${tensor}`),
    ...(shard === undefined ? {} : { shard }),
  };
  if (isSharded(output, options)) {
    const { writeShards } = await import("../materialize/write-shards.ts");
    const onChecked = (done: number, file: string) => progress.update(done, `checking ${file}`);
    return writeShards(output, model, plan, { ...common, onChecked, maxShardBytes: maxShardSize ?? null });
  }
  const { writeWeights } = await import("../materialize/write-file.ts");
  return writeWeights(output, model, plan, common);
}

/** What was written, in one line for a person. */
export async function writtenLine(written: Written, shard: Shard | undefined): Promise<string> {
  const { formatBytes } = await import("../report/number.ts");
  const { path, bytes, sha256, files, of, complete } = written;
  if (files === undefined || of === undefined || complete === undefined)
    return `wrote ${path}, ${formatBytes(bytes)}, SHA-256 ${sha256.slice(0, 16)}…\n`;
  const size = formatBytes(files.reduce((sum, file) => sum + file.bytes, 0));
  const kept = files.filter((file) => file.kept).length;
  const rank = shard === undefined ? "" : `, part ${shard.index} of ${shard.count}${by(shard)}`;
  const count = files.length === of ? `${of}` : `${files.length} of ${of}`;
  const end = complete ? `model: ${path}` : "the index follows when the other parts are there";
  return `wrote ${count} ${of === 1 ? "file" : "files"}${rank}, ${size}${kept === 0 ? "" : ` (${kept} whole from before)`}; ${end}\n`;
}

const by = ({ launcher }: Shard): string => (launcher === undefined ? "" : ` (${launcher})`);
