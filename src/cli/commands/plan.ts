/** `epoch0 plan`: every parameter's initializer with its reason and the predicted signals, as a report, a page or code. */

import { Command } from "commander";
import type { EmitTarget } from "../../report/emit/index.ts";
import { UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import { withRows } from "../inputs.ts";
import { loadPlan } from "../load.ts";
import { type ModelOptions, modelOptions, wordOption } from "../options.ts";
import { createProgress } from "../progress.ts";

/** The targets are known here too, so that the help does not load the emitters. */
const TARGETS: readonly EmitTarget[] = ["torch", "keras", "jax", "tfjs"];

interface PlanOptions extends ModelOptions {
  readonly emit?: EmitTarget;
  readonly data?: string;
  readonly html?: string;
}

export function definePlan(context: CommandContext): Command {
  return modelOptions(new Command("plan").argument("<model>", "a model file or an architecture line"))
    .description("choose every parameter's initializer, predict signal and gradient")
    .option("--emit <framework>", "print the plan as code: torch, keras, jax or tfjs", wordOption("--emit", TARGETS))
    .option("--data <file>", "inputs: their mean and variance, and what lsuv measures on: .csv, .npy or .npz")
    .option("--html <file>", "write the report as one self-contained page")
    .addHelpText(
      "after",
      '\nExamples:\n  $ epoch0 plan model.onnx --scheme he-normal\n  $ epoch0 plan "784 > 256 logistic > 10 softmax"\n  $ epoch0 plan model.onnx --emit torch > initialize.py',
    )
    .action((model: string, options: PlanOptions) => runPlan(model, options, context));
}

async function runPlan(path: string, options: PlanOptions, { terminal }: CommandContext): Promise<void> {
  if (options.emit !== undefined && options.json) {
    throw new UsageError("plan: --emit and --json both want stdout, got both, leave one out");
  }
  const progress = createProgress(terminal);
  const { rows, expected } = await withRows(options);
  const { plan } = await loadPlan(path, expected, { rows, progress, signal: terminal.signal });
  if (options.html !== undefined) {
    const [{ planPage }, { writeText }] = await Promise.all([
      import("../../report/html/index.ts"),
      import("../write-text.ts"),
    ]);
    await writeText(options.html, await planPage(plan), { input: path });
    if (!options.json && options.emit === undefined) terminal.err(`wrote ${options.html}\n`);
  }
  if (options.emit !== undefined) {
    const { emitCode } = await import("../../report/emit/index.ts");
    terminal.out(emitCode(plan, options.emit));
    return;
  }
  if (options.json) {
    const { toJson } = await import("../../report/json.ts");
    terminal.out(toJson(plan));
    return;
  }
  const [{ planReport }, { createTheme }] = await Promise.all([
    import("../../report/plan.ts"),
    import("../../report/theme.ts"),
  ]);
  terminal.out(planReport(plan, { width: terminal.width, theme: createTheme({ color: terminal.color }) }));
}
