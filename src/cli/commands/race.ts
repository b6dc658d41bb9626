/** `epoch0 race`: schemes trained against each other on a person's own model and data. */

import { Command } from "commander";
import type { OptimizerName, RaceOrder, RaceProgress, RaceResult } from "../../race/queue.ts";
import { EXIT, UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import { numberOption, wholeOption, wordOption } from "../options.ts";
import { createProgress } from "../progress.ts";

/** The names are known here too, so that the help does not load the trainer. */
const OPTIMIZERS: readonly OptimizerName[] = ["sgd", "momentum", "adam"];
const DEFAULT_SCHEMES = "auto,torch,he-normal,glorot-uniform";

interface RaceOptions {
  readonly data?: string;
  readonly schemes: readonly string[];
  readonly lr: readonly number[] | "auto";
  readonly seeds: number;
  readonly seed: number;
  readonly steps: number;
  readonly batch: number;
  readonly optimizer: OptimizerName;
  readonly target?: number;
  readonly standardise?: true;
  readonly threads?: number;
  readonly results?: string;
  readonly html?: string;
  readonly json?: true;
}

export function defineRace(context: CommandContext): Command {
  return new Command("race")
    .argument("<model>", "a model file or an architecture line")
    .description("train schemes against each other on your data: does the initialization matter here?")
    .option("--data <file|name>", "a .csv, .npy or .npz; or digits, iris, spirals, moons, teacher, images, text")
    .option("--schemes <list>", "names, separated by commas", schemesOption, schemesOption(DEFAULT_SCHEMES))
    .option("--lr <rates|auto>", "one rate, several, or auto: searched from 2/λ_max", ratesOption, "auto")
    .option("--seeds <k>", "draws of the weights for each scheme", wholeOption("--seeds", { least: 1, most: 100 }), 5)
    .option("--seed <n>", "the first of them", wholeOption("--seed", { least: Number.MIN_SAFE_INTEGER }), 0)
    .option("--steps <n>", "updates in one run", wholeOption("--steps", { least: 1, most: 1e6 }), 200)
    .option("--batch <n>", "rows in one update", wholeOption("--batch", { least: 1, most: 65_536 }), 32)
    .option("--optimizer <name>", "sgd, momentum (0.9) or adam", wordOption("--optimizer", OPTIMIZERS), "sgd")
    .option("--target <x>", "accuracy in 0 … 1 (or loss) whose first step is reported", numberOption("--target"))
    .option("--standardise", "each input feature to mean 0, variance 1")
    .option("--threads <n>", "worker threads (default: the cores)", wholeOption("--threads", { least: 1, most: 64 }))
    .option("--results <file>", "where runs are kept (default: .epoch0/race-….json here)")
    .option("--html <file>", "write learning curves and table as one self-contained page")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      `
Every scheme sees the same rows in the same order. Its learning rate is searched on one grid for
all, from the largest stable step 2/λ_max of its first draw. Runs that are done are kept: after
Ctrl-C the same command goes on where it was.

Examples:
  $ epoch0 race model.onnx --data train.csv --standardise
  $ epoch0 race "64 > 64 tanh x6 > 10" --data digits --standardise --schemes auto,torch,zeros
  $ epoch0 race model.onnx --data digits --lr 0.03,0.1,0.3 --optimizer momentum --html race.html`,
    )
    .action((model: string, options: RaceOptions) => runRaceCommand(model, options, context));
}

/** Commas part schemes, but not the numbers of one: "mup(128,2),torch". */
function schemesOption(text: string): readonly string[] {
  const names = text
    .split(/,(?![^(]*\))/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new UsageError(`--schemes: needs a name or more, got ${JSON.stringify(text)}`);
  return [...new Set(names)];
}

function ratesOption(text: string): readonly number[] | "auto" {
  if (text.trim() === "auto") return "auto";
  const rate = numberOption("--lr", { least: 0, most: 1e6 });
  return [...new Set(text.split(",").map((each) => rate(each)))].sort((a, b) => a - b);
}

async function runRaceCommand(model: string, options: RaceOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  if (options.data === undefined) {
    throw new UsageError("race: no data, add --data FILE (.csv, .npy, .npz) or a built-in name such as digits");
  }
  const [{ runRace }, { schemeByName }] = await Promise.all([
    import("../../race/queue.ts"),
    import("../../plan/index.ts"),
  ]);
  for (const scheme of options.schemes) schemeByName(scheme);
  const { schemes, seeds, seed, steps, batch, optimizer } = options;
  const target = options.target ?? null;
  const settings = { schemes, learningRates: options.lr, seeds, seed, steps, batch, optimizer, target };
  const order: RaceOrder = { model, data: options.data, standardise: options.standardise === true, settings };
  const progress = createProgress(terminal);
  const last: { progress: RaceProgress | null } = { progress: null };
  const started = Date.now();
  try {
    const result = await runRace(order, {
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.results === undefined ? {} : { results: options.results }),
      signal: terminal.signal,
      onProgress: (now) => {
        last.progress = now;
        progress.update(now.done / Math.max(1, now.expected), progressText(now, Date.now() - started));
      },
    });
    progress.end();
    await report(result, model, options, last.progress, context);
  } catch (error) {
    progress.end();
    if (!terminal.signal.aborted) throw error;
    const kept = last.progress === null ? "" : `, ${last.progress.done} runs are kept in ${last.progress.path}`;
    terminal.err(`epoch0: interrupted${kept}, run the same command again to go on\n`);
    context.finish(EXIT.interrupted);
  }
}

function progressText({ done, expected, kept }: RaceProgress, elapsed: number): string {
  const fresh = done - kept;
  const left = fresh < 2 ? "" : `, about ${Math.ceil(((expected - done) * elapsed) / fresh / 1000)} s left`;
  return `run ${done} of about ${expected}${left}`;
}

async function report(
  result: RaceResult,
  model: string,
  options: RaceOptions,
  progress: RaceProgress | null,
  { terminal }: CommandContext,
): Promise<void> {
  const [{ raceText, racePage }, { createTheme }, { toJson }] = await Promise.all([
    import("../../report/race/index.ts"),
    import("../../report/theme.ts"),
    import("../../report/json.ts"),
  ]);
  if (options.html !== undefined) {
    const { writeText } = await import("../write-text.ts");
    const command = `epoch0 race ${JSON.stringify(model)} --data ${options.data} --schemes ${options.schemes.join(",")}`;
    await writeText(options.html, await racePage(result, { command }), { input: model });
    terminal.err(`wrote ${options.html}\n`);
  }
  if (options.json) return terminal.out(toJson(result));
  terminal.out(raceText(result, { width: terminal.width, theme: createTheme({ color: terminal.color }) }));
  if (progress !== null) {
    const earlier = progress.kept === 0 ? "" : `, ${progress.kept} of an earlier time`;
    terminal.out(`\n${progress.done} runs${earlier}, kept in ${progress.path}\n`);
  }
}
