/** `epoch0 diff`: what changed between two weight files. */

import { Command } from "commander";
import type { CommandContext } from "../index.ts";
import { createProgress } from "../progress.ts";

interface DiffOptions {
  readonly all?: true;
  readonly json?: true;
}

export function defineDiff(context: CommandContext): Command {
  return new Command("diff")
    .argument("<a>", "a model or weights file")
    .argument("<b>", "another, of any format")
    .description("what changed between two weight files: unchanged, trained, re-drawn, cloned")
    .option("--all", "show unchanged parameters too")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  $ epoch0 diff start.safetensors checkpoint.pt\n  $ epoch0 diff model.onnx weights.npz --all",
    )
    .action((a: string, b: string, options: DiffOptions) => runDiff(a, b, options, context));
}

async function runDiff(a: string, b: string, { all, json }: DiffOptions, { terminal }: CommandContext): Promise<void> {
  const [{ openModel }, { diffModels }] = await Promise.all([
    import("../../formats/file.ts"),
    import("../../check/diff/index.ts"),
  ]);
  const [before, after] = [await openModel(a), await openModel(b)];
  const progress = createProgress(terminal);
  const diff = await diffModels(before, after, {
    onProgress: async (done, tensor) => {
      progress.update(done, tensor);
      // Reading is synchronous: only here can Ctrl-C be heard.
      await new Promise((resolve) => setImmediate(resolve));
      terminal.signal.throwIfAborted();
    },
  }).finally(progress.end);
  if (json) {
    const { toJson } = await import("../../report/json.ts");
    terminal.out(toJson(diff));
    return;
  }
  const [{ diffReport }, { createTheme }] = await Promise.all([
    import("../../report/diff/index.ts"),
    import("../../report/theme.ts"),
  ]);
  const theme = createTheme({ color: terminal.color });
  terminal.out(diffReport(diff, { width: terminal.width, theme, all: all ?? false }));
}
