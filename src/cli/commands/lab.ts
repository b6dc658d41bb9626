/** `epoch0 lab`: the web lab, served on this machine alone. */

import { Command } from "commander";
import type { CommandContext } from "../index.ts";
import { wholeOption } from "../options.ts";

interface LabOptions {
  readonly port: number;
  readonly open: boolean;
}

/** The same at every start, so that a saved link keeps working. */
const PORT = 3650;

export function defineLab(context: CommandContext): Command {
  return new Command("lab")
    .description("see what the first weights do, in the browser; nothing leaves this machine")
    .option(
      "--port <n>",
      `port on the loopback address; another where it is taken (default ${PORT})`,
      wholeOption("--port", { most: 65_535 }),
      PORT,
    )
    .option("--no-open", "do not open the browser")
    .addHelpText("after", "\nExample:\n  $ epoch0 lab\n  $ epoch0 lab --port 8080 --no-open")
    .action((options: LabOptions) => runLab(options, context));
}

async function runLab({ port, open }: LabOptions, { terminal }: CommandContext): Promise<void> {
  const [{ labFolder }, { serveLab }] = await Promise.all([import("../lab/files.ts"), import("../lab/server.ts")]);
  const lab = await serveLab(labFolder(), port);
  const moved = port !== 0 && lab.port !== port ? `port ${port} is taken; ` : "";
  terminal.out(`${moved}the lab is at ${lab.url} (Ctrl-C ends it)\n`);
  if (open && terminal.progress) {
    const { openInBrowser } = await import("../lab/open.ts");
    openInBrowser(lab.url);
  }
  if (!terminal.signal.aborted)
    await new Promise<void>((resolve) => terminal.signal.addEventListener("abort", () => resolve(), { once: true }));
  await lab.close();
}
