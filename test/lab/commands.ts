/** Commands as the screens write them, run as a shell would. */

import { expect } from "vitest";
import { epoch0 } from "../cli/helpers.ts";

/** The words of a command line, quotes taken off as a shell does. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'((?:[^']|'\\'')*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single?.replaceAll("'\\''", "'") ?? plain ?? "",
  );

/** What the command writes; anything on stderr is a failure. */
export async function outputOf(line: string): Promise<string> {
  const [npx, name, ...argv] = wordsOf(line);
  expect([npx, name]).toEqual(["npx", "epoch0"]);
  const { out, err } = await epoch0(argv);
  expect(err).toBe("");
  return out;
}

/** A value as JSON has it: infinities and NaN are strings. */
export const written = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, x: unknown) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x)));

export interface Reproduced {
  readonly verdict: string;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** The one experiment of a `reproduce` command. */
export async function figuresOf(line: string): Promise<Reproduced> {
  const { results }: { results: readonly Reproduced[] } = JSON.parse(await outputOf(line));
  expect(results).toHaveLength(1);
  return results[0]!;
}
