/** Runs that were done, in one file, so that a race that was interrupted goes on where it was. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileSha256 } from "../formats/file.ts";
import { writeAtomically } from "../materialize/write-atomic.ts";
import { STREAM_VERSION } from "../random/index.ts";
import { version } from "../version.ts";
import { builtInName, type RaceOrder } from "./queue-open.ts";
import type { Job, Outcome } from "./types.ts";

export interface Store {
  readonly path: string;
  /** Outcomes that were there when it was opened. */
  readonly found: number;
  readonly get: (job: Job) => Outcome | undefined;
  readonly put: (job: Job, outcome: Outcome) => Promise<void>;
  /** When no write is under way any more: nothing half written is left beside the file. */
  readonly settled: () => Promise<void>;
}

/** Everything that decides a run besides its scheme, seed and rate: more schemes or seeds go on in the same file. */
async function decisive({ model, data, standardise, settings }: RaceOrder): Promise<string> {
  const { steps, batch, optimizer, seed } = settings;
  const identity = async (path: string) => (existsSync(path) ? await fileSha256(path) : path);
  const source = builtInName(data) ?? (await identity(data));
  const parts = [version, STREAM_VERSION, await identity(model), source, standardise, steps, batch, optimizer, seed];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** `.epoch0/race-….json` in the current folder. */
export async function defaultStorePath(order: RaceOrder): Promise<string> {
  return join(".epoch0", `race-${(await decisive(order)).slice(0, 16)}.json`);
}

interface Saved {
  readonly schema: "epoch0.race-runs/1";
  readonly key: string;
  readonly outcomes: Record<string, Outcome>;
}

/**
 * Opens the file of this race, or begins one. Each outcome is on the disk when `put` resolves.
 *
 * Errors: a file at `path` that belongs to another race or is not one of ours.
 */
export async function openStore(order: RaceOrder, path: string): Promise<Store> {
  makeFolder(dirname(path));
  const key = await decisive(order);
  const saved = existsSync(path) ? read(path, key) : { schema: "epoch0.race-runs/1" as const, key, outcomes: {} };
  const outcomes = new Map(Object.entries(saved.outcomes));
  const found = outcomes.size;
  let writing: Promise<void> = Promise.resolve();
  const save = async () => {
    makeFolder(dirname(path));
    const text = JSON.stringify({ ...saved, outcomes: Object.fromEntries(outcomes) }, named);
    await writeAtomically(path, async (sink) => {
      await sink.write(new TextEncoder().encode(text));
    });
  };
  return {
    path,
    found,
    get: (job) => outcomes.get(JSON.stringify(job)),
    put(job, outcome) {
      outcomes.set(JSON.stringify(job), outcome);
      const turn = writing.then(save);
      writing = turn.catch(() => undefined);
      return turn;
    },
    async settled() {
      for (let last: Promise<void> | null = null; last !== writing; ) {
        last = writing;
        await last;
      }
    },
  };
}

/** One level: the folder that holds it is the caller's. (Node's recursive mkdir never ends on some virtual file systems.) */
function makeFolder(folder: string): void {
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    if (statSync(folder).isDirectory()) return;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    throw new Error(`race: cannot make the folder ${folder} (${code}), name another file with --results`);
  }
  throw new Error(`race: ${folder} is no folder, name another file with --results`);
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};
const named = (_: string, value: unknown) =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const unnamed = (_: string, value: unknown) => (typeof value === "string" ? (WORDS[value] ?? value) : value);

function read(path: string, key: string): Saved {
  const wrong = (what: string) => new Error(`race: ${path} ${what}, move it away or name another with --results`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"), unnamed);
  } catch {
    throw wrong("is not a results file");
  }
  if (!isSaved(parsed)) throw wrong("is not a results file");
  if (parsed.key !== key) throw wrong("holds another race (other model, data, steps, batch, optimizer or version)");
  return parsed;
}

function isSaved(value: unknown): value is Saved {
  return (
    typeof value === "object" &&
    value !== null &&
    "schema" in value &&
    value.schema === "epoch0.race-runs/1" &&
    "key" in value &&
    "outcomes" in value &&
    typeof value.outcomes === "object" &&
    value.outcomes !== null
  );
}
