/** `epoch0 explain`: why one tensor is initialized as it is. */

import { Command } from "commander";
import type { CommandContext } from "../index.ts";
import { withRows } from "../inputs.ts";
import { findTensor, loadPlan } from "../load.ts";
import { type ModelOptions, modelOptions } from "../options.ts";
import { createProgress } from "../progress.ts";

interface ExplainOptions extends ModelOptions {
  readonly data?: string;
}

export function defineExplain(context: CommandContext): Command {
  return modelOptions(
    new Command("explain")
      .argument("<model>", "a model file or an architecture line")
      .argument("<tensor>", "a parameter's name"),
  )
    .description("the derivation of one tensor's initialization, line by line")
    .option("--data <file>", "inputs: their mean and variance, and what lsuv measures on: .csv, .npy or .npz")
    .addHelpText("after", "\nExample:\n  $ epoch0 explain model.onnx fc1.weight")
    .action((model: string, tensor: string, options: ExplainOptions) => runExplain(model, tensor, options, context));
}

async function runExplain(
  path: string,
  name: string,
  options: ExplainOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const progress = createProgress(terminal);
  const { rows, expected } = await withRows(options);
  const { model, plan } = await loadPlan(path, expected, { rows, progress, signal: terminal.signal });
  const tensor = findTensor(plan, name);
  const { derive } = await import("../../plan/index.ts");
  const derivation = derive(model, plan, name);
  if (options.json) {
    const [{ toJson }, { explainDocument }] = await Promise.all([
      import("../../report/json.ts"),
      import("../../report/explain.ts"),
    ]);
    terminal.out(toJson(explainDocument(plan, tensor, derivation)));
    return;
  }
  const [{ explainText }, { createTheme }] = await Promise.all([
    import("../../report/explain.ts"),
    import("../../report/theme.ts"),
  ]);
  terminal.out(
    explainText(plan, tensor, derivation, { width: terminal.width, theme: createTheme({ color: terminal.color }) }),
  );
}
