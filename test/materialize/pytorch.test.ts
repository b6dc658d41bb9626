/** What we draw loads strictly into the PyTorch module it is for, and PyTorch itself measures what the plan predicts. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openModel } from "../../src/formats/file.ts";
import { writeWeights } from "../../src/materialize/write-file.ts";
import { type Plan, plan } from "../../src/plan/index.ts";
import { shared } from "../formats/corpus-paths.ts";
import { DRAWS, jobs, KNOWN, LOST } from "./pytorch-corpus.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Loaded {
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly shapes: readonly string[];
  readonly std: readonly [weight: string, std: number, count: number];
  readonly layers: Readonly<Record<string, readonly (readonly number[])[]>>;
}

const PYTHON = "/usr/bin/python3";

function havePyTorch(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

interface Drawn {
  readonly label: string;
  readonly name: string;
  readonly module: string;
  readonly input: unknown;
  readonly planned: Plan;
  readonly files: readonly string[];
}

/** Twenty ReLU layers: a draw's mean square is log-normal with a spread of 0.6, of which eight say little. */
const DEEP = "deep-relu-mlp.onnx";
const DRAWS_OF_DEEP = 32;

async function draw(): Promise<Drawn[]> {
  const drawn: Drawn[] = [];
  for (const { name, module, input, schemes } of jobs()) {
    const source = `${shared}models/${name}`;
    const model = await openModel(source, { batch: 64 });
    for (const scheme of schemes) {
      const label = `${name} ${scheme}`;
      const planned = plan(model, { scheme });
      const files: string[] = [];
      for (let seed = 0; seed < (name === DEEP ? DRAWS_OF_DEEP : DRAWS); seed++) {
        const path = join(folder, `${name}-${scheme}-${seed}.safetensors`);
        await writeWeights(path, model, planned, { source, seed });
        files.push(path);
      }
      drawn.push({ label, name, module, input, planned, files });
    }
  }
  return drawn;
}

interface Row {
  readonly layer: string;
  readonly predicted: number;
  readonly measured: number;
  readonly log: number;
  readonly allowed: number;
}

/** The tolerance of `init --verify`: 0.1 for what the theory leaves out, four standard errors over the draws, of the larger spread. */
function compare({ label, planned }: Drawn, { layers }: Loaded): Row[] {
  const seen = new Map<string, number>();
  return planned.layers.map(({ weight, output }) => {
    const call = seen.get(weight) ?? 0;
    seen.set(weight, call + 1);
    const squares = layers[weight]?.[call] ?? [];
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
    const variance = squares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (squares.length - 1);
    const predicted = output.secondMoment;
    const bothZero = predicted === 0 && mean === 0;
    const log = bothZero ? 0 : Math.log(mean / predicted);
    const layer = `${label} ${weight}`;
    const scatter = Math.max(Math.sqrt(variance) / mean, output.spread);
    const stated = 0.1 + (bothZero ? 0 : (4 * scatter) / Math.sqrt(squares.length));
    return { layer, predicted, measured: mean, log, allowed: Math.max(stated, KNOWN[layer]?.bound ?? 0) };
  });
}

test("PyTorch loads every drawn model strictly and measures the layers that the plan predicts", async () => {
  if (!havePyTorch()) {
    expect(process.env.CI, "CI needs python3 with torch").toBeFalsy();
    console.warn("python3 with torch is missing: nothing was loaded there");
    return;
  }
  const drawn = await draw();
  expect(new Set(drawn.map(({ name }) => name)).size).toBeGreaterThan(25);
  const script = fileURLToPath(new URL("./pytorch.py", import.meta.url));
  const text = execFileSync(PYTHON, [script, `${shared}models`], {
    input: JSON.stringify(drawn.map(({ module, input, files }) => ({ module, input, files }))),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const results: readonly (Loaded | string)[] = JSON.parse(text);
  const state: string[] = [];
  const spread: string[] = [];
  const rows: Row[] = [];
  drawn.forEach((entry, i) => {
    const result = results[i];
    if (result === undefined || typeof result === "string") {
      state.push(`${entry.label}: ${result}`);
      return;
    }
    const { missing, extra, shapes, std } = result;
    const lost = LOST[entry.name]?.names ?? [];
    if (JSON.stringify([missing, extra, shapes]) !== JSON.stringify([lost, [], []]))
      state.push(`${entry.label}: missing ${missing}; extra ${extra}; other shape or type ${shapes}`);
    const expected = entry.planned.tensors.find((tensor) => tensor.name === std[0])?.std ?? Number.NaN;
    // The standard error of a normal sample's standard deviation is σ/√(2n), less for a uniform one; five of them.
    if (expected !== std[1] && !(Math.abs(std[1] / expected - 1) <= 5 / Math.sqrt(2 * std[2])))
      spread.push(`${entry.label} ${std[0]}: ${std[1]} where ${expected} was planned`);
    rows.push(...compare(entry, result));
  });
  expect(state).toEqual([]);
  expect(spread).toEqual([]);
  const off = rows.filter(({ log, allowed }) => !(Math.abs(log) <= allowed));
  expect(off).toEqual([]);
}, 300_000);
