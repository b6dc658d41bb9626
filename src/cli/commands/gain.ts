/** `epoch0 gain`: an activation's moments, gain and critical point. */

import { Command } from "commander";
import { UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import { numberOption } from "../options.ts";

interface GainOptions {
  readonly expr?: string;
  readonly biasVariance: number;
  readonly plot?: true;
  readonly json?: true;
}

export function defineGain(context: CommandContext): Command {
  return new Command("gain")
    .description("moments, gain, stability and critical point of an activation")
    .argument("[name]", "an activation: relu, gelu, tanh, leaky_relu(0.1), …")
    .option("--expr <expression>", 'an activation as an expression in x, such as "x*sigmoid(1.702*x)"')
    .option(
      "--bias-variance <v>",
      "bias variance of the critical point",
      numberOption("--bias-variance", { least: 0 }),
      0.05,
    )
    .option("--plot", "draw the variance and correlation maps and the edge of chaos")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      '\nExamples:\n  $ epoch0 gain gelu --plot\n  $ epoch0 gain --expr "x*sigmoid(1.702*x)" --json',
    )
    .action((name: string | undefined, options: GainOptions) => runGain(name, options, context));
}

async function runGain(name: string | undefined, options: GainOptions, { terminal }: CommandContext): Promise<void> {
  if ((name === undefined) === (options.expr === undefined)) {
    throw new UsageError(
      `gain: name one activation or give --expr, got ${name === undefined ? "neither" : "both"}, for example epoch0 gain gelu`,
    );
  }
  if (options.plot && options.json) {
    throw new UsageError("gain: --plot and --json both want stdout, got both; the JSON holds the maps as numbers");
  }
  const activations = await import("../../activation/index.ts");
  const activation =
    options.expr === undefined
      ? activations.activationByName(name ?? "")
      : activations.resolveActivation({
          kind: "expression",
          expression: await activations.parseExpression(options.expr),
        });
  const report = activations.gainReport(activation, { biasVariance: options.biasVariance });
  if (options.json) {
    const { toJson } = await import("../../report/json.ts");
    terminal.out(toJson(report));
    return;
  }
  const [{ gainText }, { createTheme }] = await Promise.all([
    import("../../report/gain.ts"),
    import("../../report/theme.ts"),
  ]);
  const look = { width: terminal.width, theme: createTheme({ color: terminal.color }) };
  terminal.out(gainText(report, look));
  if (options.plot) {
    const { gainPlot } = await import("../../report/gain-plot.ts");
    terminal.out(`\n${gainPlot(report, look)}`);
  }
}
