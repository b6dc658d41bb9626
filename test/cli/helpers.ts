/** The command line in process: what it writes, what it answers. */

import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/index.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

export const models = fileURLToPath(new URL("../../../shared/models/", import.meta.url));
export const data = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly width?: number;
  readonly color?: boolean;
  readonly progress?: boolean;
  readonly signal?: AbortSignal;
}

export async function epoch0(
  argv: readonly string[],
  { width = 100, color = false, progress = false, signal = new AbortController().signal }: Surroundings = {},
): Promise<Outcome> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    width,
    color,
    progress,
    signal,
  };
  const code = await run(argv, terminal);
  return { code, out, err };
}
