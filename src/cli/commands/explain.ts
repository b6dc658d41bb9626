/** `epoch0 explain`: why one tensor is initialized as it is. */

import { Command } from "commander";
import type { CommandContext } from "../index.ts";
import { findTensor, loadPlan } from "../load.ts";
import { type ModelOptions, modelOptions } from "../options.ts";

export function defineExplain(context: CommandContext): Command {
  return modelOptions(
    new Command("explain")
      .argument("<model>", "a model file or an architecture line")
      .argument("<tensor>", "a parameter's name"),
  )
    .description("why one tensor is initialized as it is")
    .addHelpText("after", "\nExample:\n  $ epoch0 explain model.onnx fc1.weight")
    .action((model: string, tensor: string, options: ModelOptions) => runExplain(model, tensor, options, context));
}

async function runExplain(
  path: string,
  name: string,
  options: ModelOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const { plan } = await loadPlan(path, options);
  const tensor = findTensor(plan, name);
  if (options.json) {
    const { toJson } = await import("../../report/json.ts");
    const layer = plan.layers.find((candidate) => candidate.weight === name) ?? null;
    terminal.out(toJson({ schema: "epoch0.explain/1", scheme: plan.scheme, tensor, layer }));
    return;
  }
  const [{ explainText }, { createTheme }] = await Promise.all([
    import("../../report/explain.ts"),
    import("../../report/theme.ts"),
  ]);
  terminal.out(explainText(plan, tensor, { width: terminal.width, theme: createTheme({ color: terminal.color }) }));
}
