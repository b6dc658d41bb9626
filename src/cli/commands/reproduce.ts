/** `epoch0 reproduce`: the essay's statements and the papers' results as experiments, with the verdict of a test. */

import { join } from "node:path";
import { Command } from "commander";
import type { Reproduction } from "../../reproduce/index.ts";
import { UsageError } from "../errors.ts";
import type { CommandContext } from "../index.ts";
import { wholeOption } from "../options.ts";
import { createProgress } from "../progress.ts";

interface ReproduceOptions {
  readonly seed: number;
  readonly quick?: true;
  readonly set: Readonly<Record<string, string>>;
  readonly html?: string;
  readonly json?: true;
}

export function defineReproduce(context: CommandContext): Command {
  return new Command("reproduce")
    .description("the essay's statements and results of papers as experiments, each with its verdict")
    .argument("[id...]", "experiments (see --list); statements, papers or all; default all")
    .option("--seed <n>", "seed of every draw", wholeOption("--seed", { least: Number.MIN_SAFE_INTEGER }), 0)
    .option("--quick", "smaller networks, fewer steps and draws")
    .option("--set <name=value>", "a setting of the experiment, may be repeated (see docs/reproduce.md)", setOption, {})
    .option("--html <dir>", "write the illustrated essay: DIR/index.html")
    .option("--list", "name the experiments and run none")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  $ epoch0 reproduce zeros depth\n  $ epoch0 reproduce statements --html essay\n  $ epoch0 reproduce papers --json > papers.json\n  $ epoch0 reproduce bigger-rate --set width=8 --set steps=40",
    )
    .action((ids: string[], options: ReproduceOptions & { readonly list?: true }) =>
      options.list ? listExperiments(context) : runReproduce(ids, options, context),
    );
}

/** @example setOption("width=8", {}) // { width: "8" } */
function setOption(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--set: must be name=value, got ${JSON.stringify(text)}, for example --set width=8`);
  return { ...before, [name]: value };
}

async function listExperiments({ terminal }: CommandContext): Promise<void> {
  const [{ experiments }, { renderTable }] = await Promise.all([
    import("../../reproduce/index.ts"),
    import("../../report/table.ts"),
  ]);
  const rows = experiments.map(({ id, group, statement }) => [id, group, statement]);
  const columns = [{ title: "experiment" }, { title: "of" }, { title: "statement", shrinkTo: 30 }];
  terminal.out(`${renderTable(columns, rows, { width: terminal.width }).join("\n")}\n`);
}

async function runReproduce(
  ids: readonly string[],
  options: ReproduceOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const [{ reproduce, selectExperiments }, { experimentText, verdictTable }, { createTheme }] = await Promise.all([
    import("../../reproduce/index.ts"),
    import("../../report/reproduce/index.ts"),
    import("../../report/theme.ts"),
  ]);
  chosenFrom(() => selectExperiments(ids, options.set));
  if (options.html !== undefined) await makeFolder(options.html);
  const look = { width: terminal.width, theme: createTheme({ color: terminal.color }) };
  const progress = createProgress(terminal);
  let document: Reproduction;
  try {
    document = await reproduce(ids, {
      seed: options.seed,
      size: options.quick ? "quick" : "full",
      settings: options.set,
      signal: terminal.signal,
      onProgress: (done, id) => progress.update(done, id),
      onResult: (result) => {
        if (options.json) return;
        progress.end();
        terminal.out(`${experimentText(result, look)}\n`);
      },
    });
  } finally {
    progress.end();
  }
  if (options.html !== undefined) await writeEssay(options.html, document);
  if (options.json) {
    const { toJson } = await import("../../report/json.ts");
    terminal.out(toJson(document));
    return;
  }
  if (document.results.length > 1) terminal.out(verdictTable(document.results, look));
  if (options.html !== undefined) terminal.out(`\nwrote ${join(options.html, "index.html")}\n`);
}

/** Unknown ids are the command line's fault. */
function chosenFrom(select: () => unknown): void {
  try {
    select();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  const { makeFolders } = await import("../../materialize/write-folder.ts");
  try {
    await makeFolders(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    throw new UsageError(`--html: cannot make the folder ${path} (${code}), give another one`);
  }
}

async function writeEssay(folder: string, document: Reproduction): Promise<void> {
  const [{ essayPage }, { writeText }] = await Promise.all([
    import("../../report/reproduce/index.ts"),
    import("../write-text.ts"),
  ]);
  await writeText(join(folder, "index.html"), await essayPage(document));
}
