/** `epoch0 inspect`: every parameter's statistics, and the initialization it looks like. */

import { Command } from "commander";
import type { InspectedTensor } from "../../check/inspect.ts";
import type { CommandContext } from "../index.ts";
import { namesMatching } from "../names.ts";
import { wordOption } from "../options.ts";
import { createProgress } from "../progress.ts";

const ORDERS = ["file", "name", "size", "std", "scaled", "norm", "rank"] as const;
type Order = (typeof ORDERS)[number];

interface InspectOptions {
  readonly sort: Order;
  readonly json?: true;
}

export function defineInspect(context: CommandContext): Command {
  return new Command("inspect")
    .argument("<model>", "a model or weights file")
    .argument("[names...]", 'parameters to show: names, or patterns with * and ? ("layers.*.weight")')
    .description("every parameter's statistics, and the initialization it looks like")
    .option(
      "--sort <column>",
      "file, name, size, std, scaled (std·√fan-in), norm or rank",
      wordOption("--sort", ORDERS),
      "file",
    )
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      '\nUp to three parameters are shown in full.\n\nExamples:\n  $ epoch0 inspect weights.safetensors\n  $ epoch0 inspect checkpoint.pt "*.attn.*" --sort norm',
    )
    .action((model: string, names: string[], options: InspectOptions) => runInspect(model, names, options, context));
}

const numberOf: Readonly<Record<Exclude<Order, "file" | "name">, (row: InspectedTensor) => number>> = {
  size: ({ count }) => count,
  std: ({ std }) => std,
  scaled: ({ scaledStd }) => scaledStd ?? Number.NEGATIVE_INFINITY,
  norm: ({ spectrum }) => spectrum?.norm ?? Number.NEGATIVE_INFINITY,
  rank: ({ spectrum }) => spectrum?.effectiveRank ?? Number.NEGATIVE_INFINITY,
};

/** Largest first; the file's order among equals. */
function sorted(rows: readonly InspectedTensor[], order: Order): readonly InspectedTensor[] {
  if (order === "file") return rows;
  if (order === "name") return [...rows].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const by = numberOf[order];
  const at = (row: InspectedTensor) => (Number.isNaN(by(row)) ? Number.POSITIVE_INFINITY : by(row));
  return [...rows].sort((a, b) => (at(a) === at(b) ? 0 : at(b) - at(a)));
}

async function runInspect(
  path: string,
  patterns: readonly string[],
  { sort, json }: InspectOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const [{ openModel }, { inspect }] = await Promise.all([
    import("../../formats/file.ts"),
    import("../../check/inspect.ts"),
  ]);
  const model = await openModel(path);
  const all = [...model.parameters.keys()];
  const progress = createProgress(terminal);
  const inspection = await inspect(model, {
    ...(patterns.length === 0 ? {} : { names: namesMatching(patterns, all, "inspect") }),
    onProgress: async (done, tensor) => {
      progress.update(done, tensor);
      // Reading is synchronous: only here can Ctrl-C be heard.
      await new Promise((resolve) => setImmediate(resolve));
      terminal.signal.throwIfAborted();
    },
  }).finally(progress.end);
  const result = { ...inspection, tensors: sorted(inspection.tensors, sort) };
  if (json) {
    const { toJson } = await import("../../report/json.ts");
    terminal.out(toJson(result));
    return;
  }
  const [{ inspectReport }, { createTheme }] = await Promise.all([
    import("../../report/inspect/index.ts"),
    import("../../report/theme.ts"),
  ]);
  terminal.out(inspectReport(result, { width: terminal.width, theme: createTheme({ color: terminal.color }) }));
}
