/** The main job, end to end: plan, draw, (verify,) write, report. */

import type { Plan } from "../plan/types.ts";
import type { InitOptions } from "./commands/init.ts";
import { UsageError } from "./errors.ts";
import { withRows } from "./inputs.ts";
import { loadPlan } from "./load.ts";
import { createProgress } from "./progress.ts";
import { measuredLayers, type Proof, prove, samplesFor } from "./prove.ts";
import type { Terminal } from "./terminal.ts";
import { type Written, writePlanned, writtenLine } from "./write.ts";

/** True unless a verification failed; then nothing is written. */
export async function initializeModel(
  path: string,
  options: InitOptions & { readonly output: string },
  terminal: Terminal,
): Promise<boolean> {
  const progress = createProgress(terminal);
  try {
    const { rows, expected } = await withRows(options);
    const measuring = { rows, stream: options.stream, progress, signal: terminal.signal };
    let { model, plan } = await loadPlan(path, expected, measuring);
    let proof: Proof | null = null;
    if (options.verify) {
      if (model.nodes.length === 0)
        throw new UsageError(`init: ${plan.model.name} has no graph to run, leave --verify out`);
      const batch = options.batch ?? samplesFor(model);
      if (batch !== model.batch) ({ model, plan } = await loadPlan(path, { ...expected, batch }, measuring));
      proof = await prove(model, plan, { ...expected, rows, progress, signal: terminal.signal });
    }
    terminal.signal.throwIfAborted();
    const written =
      proof === null || proof.passed
        ? await writePlanned({ model, plan, input: path, options, progress, signal: terminal.signal })
        : null;
    progress.end();
    await report({ path, plan, proof, written, options, terminal });
    return proof?.passed ?? true;
  } finally {
    progress.end();
  }
}

interface Result {
  readonly path: string;
  readonly plan: Plan;
  readonly proof: Proof | null;
  readonly written: Written | null;
  readonly options: InitOptions;
  readonly terminal: Terminal;
}

async function report({ path, plan, proof, written, options, terminal }: Result): Promise<void> {
  const { createTheme, planPage, planReport, toJson, verifyFinding, verifyReport } = await import("../report/index.ts");
  if (options.html !== undefined) {
    const { writeText } = await import("./write-text.ts");
    const page = await planPage(plan, {
      ...(proof === null ? {} : { measured: measuredLayers(proof), note: verifyFinding(proof) }),
      ...(written === null
        ? {}
        : { provenance: { written: `${written.path}, ${written.bytes} bytes, SHA-256 ${written.sha256}` } }),
    });
    await writeText(options.html, page, { input: path });
  }
  if (options.json) {
    terminal.out(toJson({ schema: "epoch0.init/1", plan, output: written, verify: proof }));
    return;
  }
  const look = { width: terminal.width, theme: createTheme({ color: terminal.color }) };
  const measured = proof === null ? {} : { measured: measuredLayers(proof) };
  terminal.out(planReport(plan, { ...look, ...measured, reasons: false }));
  if (proof !== null) terminal.out(`\n${verifyReport(proof, look)}`);
  if (written === null) {
    terminal.out("\nNothing was written. See the layers marked !, or leave --verify out to write all the same.\n");
    return;
  }
  terminal.out(`\n${await writtenLine(written, options.shard)}`);
  if (options.html !== undefined) terminal.out(`wrote ${options.html}\n`);
}
