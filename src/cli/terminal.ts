/** Where output goes: stdout for people and JSON, stderr for progress and errors; pipes that close; colour; Ctrl-C. */

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns of stdout; 100 where it is not a terminal. */
  readonly width: number;
  readonly color: boolean;
  /** stderr is a terminal, so progress may be shown. */
  readonly progress: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Narrower than this the tables stop being readable; wider than 160 lines stop being. */
const NARROWEST = 60;
const WIDEST = 160;
const DEFAULT_WIDTH = 100;

/** NO_COLOR (no-color.org) wins over FORCE_COLOR, which wins over what the stream is. */
export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return isTerminal && env.TERM !== "dumb";
}

export function terminalWidth(columns: number | undefined): number {
  return Math.min(WIDEST, Math.max(NARROWEST, columns ?? DEFAULT_WIDTH));
}

/** A reader that left (`| head`) is no error: the rest is dropped quietly. Other stream errors are exit code 2. */
function writeTo(stream: NodeJS.WriteStream): (text: string) => void {
  let open = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    open = false;
    if (error.code === "EPIPE") return;
    process.exitCode = 2;
    const reason = error.code === "ENOSPC" ? "the disk is full, free some space" : `${error.code}, check where it goes`;
    if (stream === process.stdout) process.stderr.write(`epoch0: cannot write the output: ${reason}\n`);
  });
  return (text) => {
    if (open) stream.write(text);
  };
}

/** How long a command may take to clean up after Ctrl-C before it is ended. */
const GRACE_MS = 3000;

/** The terminal of this process. Ctrl-C aborts `signal`; a second one, or three seconds, ends the process with 130. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    setTimeout(() => process.exit(130), GRACE_MS).unref();
  });
  return {
    out: writeTo(process.stdout),
    err: writeTo(process.stderr),
    width: terminalWidth(process.stdout.isTTY ? process.stdout.columns : undefined),
    color: wantsColor(process.env, process.stdout.isTTY === true),
    progress: process.stderr.isTTY === true,
    signal: controller.signal,
  };
}

/** Ends the process once what was written has been taken. */
export async function exitWhenWritten(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0 && !stream.destroyed) {
      await new Promise<void>((resolve) => {
        stream.once("error", () => resolve());
        stream.write("", () => resolve());
      });
    }
  }
  // A file or device takes text at once and says only afterwards that it could not.
  await new Promise((resolve) => setImmediate(resolve));
  process.exit(process.exitCode === undefined || process.exitCode === 0 ? code : Number(process.exitCode));
}
