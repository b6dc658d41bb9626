/** `epoch0 init`: the main job: plan, draw, prove, write. */

import { Command } from "commander";
import { EXIT, UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import {
  bytesOption,
  DTYPES,
  type ModelOptions,
  measures,
  modelOptions,
  type Shard,
  STREAMS,
  type Stream,
  shardOption,
  type WriteDtype,
  wordOption,
} from "../options.ts";
import { checkOutput } from "../output.ts";

export interface InitOptions extends ModelOptions {
  readonly output?: string;
  readonly dtype: WriteDtype;
  readonly stream: Stream;
  readonly verify?: true;
  readonly shard?: Shard;
  readonly maxShardSize?: number;
  readonly data?: string;
  readonly html?: string;
  readonly fix?: true;
}

export function defineInit(context: CommandContext): Command {
  return modelOptions(new Command("init").argument("<model>", "a model file or an architecture line"))
    .description("plan, draw and write the initial weights: the main job")
    .option("-o, --output <file|folder>", "where to: .safetensors, .onnx or .npz, or a folder for shards")
    .option("--dtype <f32|f16|bf16>", "numbers in the file", wordOption("--dtype", DTYPES), "f32")
    .option(
      "--stream <epoch0|torch|numpy|jax>",
      "whose numbers: addressable ones, or a framework's own under that seed",
      wordOption("--stream", STREAMS),
      "epoch0",
    )
    .option("--verify", "run the network first; exit 1 where it differs from the prediction")
    .option("--data <file>", "inputs to verify on, and that lsuv measures on: .csv, .npy or .npz")
    .option("--fix", "draw only the tensors that check names, keep the others bit for bit")
    .option(
      "--max-shard-size <size>",
      "bytes in one file of a sharded model (folder: 5GB)",
      bytesOption("--max-shard-size"),
    )
    .option("--shard <i/n|auto>", "write the i-th of n parts only; auto asks the launcher", (text: string) =>
      shardOption(text),
    )
    .option("--html <file>", "write the report as one self-contained page")
    .addHelpText(
      "after",
      "\n--verify runs the network forward and backward on eight draws and compares every layer's mean\nsquares: |ln(measured/predicted)| may be 0.1 + 4 standard errors. If a layer is further off,\n32 draws are measured; if it still is, nothing is written and the exit code is 1.\n\nExamples:\n  $ epoch0 init model.onnx -o weights.safetensors\n  $ epoch0 init model.onnx -o weights.npz --scheme orthogonal --seed 7\n  $ epoch0 init model.onnx -o weights.safetensors --scheme torch --stream torch --seed 0\n  $ epoch0 init model.onnx -o mended.onnx --fix\n  $ epoch0 init model.onnx -o model-init.onnx --verify --data inputs.csv",
    )
    .action((model: string, options: InitOptions) => start(model, options, context));
}

async function start(model: string, options: InitOptions, context: CommandContext): Promise<void> {
  const { output } = options;
  if (output === undefined) {
    throw new UsageError("init: no output file, add -o FILE, for example -o weights.safetensors");
  }
  checkOutput(output, options);
  checkStream(options);
  if (options.fix) {
    if (options.data !== undefined || options.html !== undefined)
      throw new UsageError("init: --fix goes by the weights and the prediction, leave --data and --html out");
    const { fixModelFile } = await import("../fix.ts");
    const clean = await fixModelFile(model, { ...options, output }, context.terminal);
    context.finish(clean ? EXIT.done : EXIT.failed);
    return;
  }
  if (options.data !== undefined && options.verify === undefined && !measures(options.scheme)) {
    throw new UsageError("init: --data is only read to verify on, add --verify, or --scheme lsuv to measure on it");
  }
  const { initializeModel } = await import("../initialize.ts");
  const passed = await initializeModel(model, { ...options, output }, context.terminal);
  context.finish(passed ? EXIT.done : EXIT.failed);
}

/** What was measured on one stream's numbers holds for those. */
function checkStream({ stream, scheme }: InitOptions): void {
  if (stream !== "epoch0" && scheme === "lsuv")
    throw new UsageError(`init: lsuv scales the very numbers that it measured, got --stream ${stream}, leave it out`);
}
