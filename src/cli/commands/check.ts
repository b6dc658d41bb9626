/** `epoch0 check`: what is wrong with the weights that are there. */

import { Command } from "commander";
import type { CheckFormat } from "../../report/check/index.ts";
import { EXIT, UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import { type CheckModelOptions, checkModelOptions, numberOption, wordOption } from "../options.ts";

const FORMATS: readonly CheckFormat[] = ["table", "json", "markdown", "sarif", "github"];
const FAIL_ON = ["warning", "error"] as const;

export interface CheckCommandOptions extends CheckModelOptions {
  readonly data?: string;
  readonly lr?: number;
  readonly failOn?: (typeof FAIL_ON)[number];
  readonly format?: CheckFormat;
  readonly config?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
}

export function defineCheck(context: CommandContext): Command {
  return checkModelOptions(
    new Command("check")
      .argument("<model>", "a model file, with a graph or weights alone")
      .description("findings about the weights that are there: is it the initialization?"),
  )
    .option("--data <file>", "rows to run the network on: .csv, .npy or .npz")
    .option(
      "--lr <rate>",
      "hold a learning rate against 2/λ_max of the first loss (needs labels in --data)",
      numberOption("--lr", { least: 0 }),
    )
    .option(
      "--fail-on <warning|error>",
      "severity from which on the exit code is 1 (default error)",
      wordOption("--fail-on", FAIL_ON),
    )
    .option("--format <kind>", "table, json, markdown, sarif or github", wordOption("--format", FORMATS))
    .option("--json", "the same as --format json")
    .option("--config <file>", "configuration; default: epoch0.config.{ts,js,json} found upward")
    .option("--baseline <file>", "findings that are known: counted, not reported")
    .option("--write-baseline <file>", "write what is found as the baseline, exit 0")
    .addHelpText(
      "after",
      "\nEvery rule has a page in docs/rules. init --fix draws the tensors that findings name anew.\n\nExamples:\n  $ epoch0 check model.onnx\n  $ epoch0 check model.onnx --data digits.csv --lr 0.1\n  $ epoch0 check weights.safetensors --format github --fail-on warning",
    )
    .action((model: string, options: CheckCommandOptions) => runCheck(model, options, context));
}

async function runCheck(path: string, options: CheckCommandOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (options.json && options.format !== undefined && options.format !== "json")
    throw new UsageError(`check: --json and --format ${options.format} both want stdout, got both, leave one out`);
  const [{ loadConfig }, { loadBaseline, saveBaseline }, { checkFile }] = await Promise.all([
    import("../config/load.ts"),
    import("../config/baseline.ts"),
    import("../check-file.ts"),
  ]);
  const loaded = await loadConfig(options.config, process.cwd());
  const baseline = options.writeBaseline === undefined ? loadBaseline(options.baseline, loaded) : null;
  const whole = await checkFile(path, { ...options, config: loaded?.config ?? {} }, terminal);
  const { withoutKnown } = await import("../../check/baseline.ts");
  const result = baseline === null ? whole : withoutKnown(whole, baseline);
  const [{ checkReport }, { createTheme }] = await Promise.all([
    import("../../report/check/index.ts"),
    import("../../report/theme.ts"),
  ]);
  const format = options.format ?? (options.json ? "json" : "table");
  terminal.out(
    checkReport(result, { format, path, width: terminal.width, theme: createTheme({ color: terminal.color }) }),
  );
  if (options.writeBaseline !== undefined) {
    const count = await saveBaseline(options.writeBaseline, result, path);
    terminal.err(`wrote ${options.writeBaseline}, ${count} finding${count === 1 ? "" : "s"}\n`);
    return;
  }
  const failOn = options.failOn ?? loaded?.config.failOn ?? "error";
  const { errors, warnings } = result.summary;
  context.finish(errors > 0 || (failOn === "warning" && warnings > 0) ? EXIT.failed : EXIT.done);
}
