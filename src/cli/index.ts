/**
 * The command line: parse, call one room, report. A command's rooms are imported when it runs, so that `--help` answers as
 * fast as the runtime starts.
 */

import { Command, CommanderError } from "commander";
import { version } from "../version.ts";
import { defineCheck } from "./commands/check.ts";
import { defineDiff } from "./commands/diff.ts";
import { defineExplain } from "./commands/explain.ts";
import { defineGain } from "./commands/gain.ts";
import { defineInit } from "./commands/init.ts";
import { defineInspect } from "./commands/inspect.ts";
import { defineLab } from "./commands/lab.ts";
import { definePlan } from "./commands/plan.ts";
import { defineRace } from "./commands/race.ts";
import { defineReproduce } from "./commands/reproduce.ts";
import { EXIT, oneLine, reportError } from "./errors.ts";
import { exitWhenWritten, processTerminal, type Terminal } from "./terminal.ts";

export { processTerminal } from "./terminal.ts";

/** A command's code runs once and gives the exit code. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly finish: (code: number) => void;
}

function createProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command("epoch0")
    .description("The initial weights of neural networks: predicted, chosen with a reason, drawn, proved by running.")
    .version(version, "-V, --version")
    .option("--debug", "show the stack of an error")
    .showSuggestionAfterError(true)
    .helpCommand(false)
    .addHelpText(
      "after",
      `
MODEL is a file (.onnx, .keras, .h5, .safetensors, *.safetensors.index.json, .npz, .pt, model.json of
Keras or TF.js), a Hugging Face folder or its config.json, a .json list of shapes, or a quoted line
such as "784 > 256 relu > 10 softmax".

Examples:
  $ epoch0 plan model.onnx
  $ epoch0 init model.onnx -o weights.safetensors --verify
  $ epoch0 gain gelu`,
    );
  for (const define of [
    defineInit,
    definePlan,
    defineCheck,
    defineInspect,
    defineDiff,
    defineExplain,
    defineGain,
    defineRace,
    defineReproduce,
    defineLab,
  ])
    program.addCommand(define(context));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: terminal.out,
      // Commander's own error lines are said by reportUsage instead, in the house's form.
      writeErr: () => {},
      getOutHelpWidth: () => terminal.width,
      getOutHasColors: () => terminal.color,
    });
    if (command !== program) command.option("--debug", "show the stack of an error");
  }
  return program;
}

function usageLine(error: CommanderError, command: string): string {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const hint = rest.join(" ").replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?");
  return `epoch0: ${oneLine(first)}, ${hint === "" ? `see epoch0 ${command}--help` : oneLine(hint)}\n`;
}

function commandIn(program: Command, argv: readonly string[]): string {
  const name = argv.find((word) => program.commands.some((command) => command.name() === word));
  return name === undefined ? "" : `${name} `;
}

/**
 * Runs one command line (without the leading `node script`) and gives its exit code.
 *
 * @example await run(["gain", "relu"], terminal) // 0
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram({
    terminal,
    finish: (result) => {
      code = result;
    },
  });
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return terminal.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      terminal.err(usageLine(error, commandIn(program, argv)));
      return EXIT.usage;
    }
    return reportError(error, terminal, { debug: argv.includes("--debug") });
  }
}

/** The program: what `bin/epoch0.mjs` calls. */
export async function main(): Promise<void> {
  await exitWhenWritten(await run(process.argv.slice(2), processTerminal()));
}
