/** `init --fix`: draws the tensors that findings name, keeps the others bit for bit, checks again. */

import type { InitOptions } from "./commands/init.ts";
import { loadConfig } from "./config/load.ts";
import { UsageError } from "./errors.ts";
import { createProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { writePlanned, writtenLine } from "./write.ts";

/** What cannot go with --fix, and why. */
function refuse(options: InitOptions): void {
  if (options.verify) throw new UsageError("init: --fix checks the result itself, got --verify too, leave it out");
  if (options.stream !== "epoch0")
    throw new UsageError(
      `init: --fix draws single tensors, got --stream ${options.stream}, whose numbers hang on the order`,
    );
  if (options.dtype !== "f32")
    throw new UsageError(`init: --fix keeps every tensor's own numbers, got --dtype ${options.dtype}, leave it out`);
}

/** True unless errors are left. */
export async function fixModelFile(
  path: string,
  options: InitOptions & { readonly output: string },
  terminal: Terminal,
): Promise<boolean> {
  refuse(options);
  const [{ openModel, isLine }, { settingsOf }, { fixModel }, { schemeByName }] = await Promise.all([
    import("../formats/file.ts"),
    import("../check/index.ts"),
    import("../check/fix.ts"),
    import("../plan/index.ts"),
  ]);
  schemeByName(options.scheme);
  if (isLine(path)) throw new UsageError("init: --fix needs a file with weights, got a line, leave --fix out");
  const progress = createProgress(terminal);
  try {
    const loaded = await loadConfig(undefined, process.cwd());
    const model = await openModel(path, options.batch === undefined ? {} : { batch: options.batch });
    const fix = await fixModel(model, {
      settings: settingsOf(loaded?.config ?? {}),
      scheme: options.scheme,
      seed: options.seed,
      mode: options.mode,
      signal: terminal.signal,
      ...(options.inputMean === undefined ? {} : { inputMean: options.inputMean }),
      ...(options.inputVariance === undefined ? {} : { inputVariance: options.inputVariance }),
      ...(options.batch === undefined ? {} : { batch: options.batch }),
      onProgress: (done, what) => progress.update(done / 2, what),
    });
    terminal.signal.throwIfAborted();
    const written = await writePlanned({
      model,
      plan: fix.plan,
      input: path,
      options: { ...options, dtype: "own" },
      progress: { update: (done, what) => progress.update(0.5 + done / 2, what) },
      signal: terminal.signal,
    });
    progress.end();
    const { redrawn, kept, before, after, plan } = fix;
    if (options.json) {
      const { toJson } = await import("../report/json.ts");
      const told = { redrawn, kept, before: before.findings, after: after.findings };
      terminal.out(toJson({ schema: "epoch0.init/1", plan, output: written, verify: null, fix: told }));
    } else {
      const [{ fixReport }, { createTheme }] = await Promise.all([
        import("../report/check/fix.ts"),
        import("../report/theme.ts"),
      ]);
      terminal.out(fixReport(fix, { width: terminal.width, theme: createTheme({ color: terminal.color }) }));
      terminal.out(`\n${await writtenLine(written, options.shard)}`);
    }
    return after.summary.errors === 0;
  } finally {
    progress.end();
  }
}
