// How long plans take, of a graph that is read already and as a whole command. Models come from the corpus ../shared beside the
// clone; without it only ResNet-50 of examples/.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../scripts/prepare.mjs";
import { median } from "./rows.mjs";

const bin = join(root, "bin", "epoch0.mjs");
const corpus = fileURLToPath(new URL("../../shared/models/", import.meta.url));
const skeletons = existsSync(corpus)
  ? readdirSync(corpus)
      .filter((name) => name.startsWith("skeleton-") && name.endsWith(".onnx"))
      .sort()
  : [];
const MODELS = [join(root, "examples", "light_resnet50.onnx"), ...skeletons.map((name) => join(corpus, name))];

function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds of the whole process. */
function command(args) {
  return timed(() => {
    const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
    if (status !== 0) throw new Error(`bench: node ${args.join(" ")} exited with ${status}`);
  });
}

/** Plans until what all models share is compiled: the first one would else be timed half interpreted. */
const COMPILING = 40;

/** Milliseconds of a plan in process, after some to warm up. */
export async function measurePlans({ rounds }) {
  const { plan, readOnnx } = await import("../dist/index.js");
  const opened = MODELS.map((path) => ({ path, model: readOnnx(new Uint8Array(readFileSync(path))) }));
  for (let i = 0; i < COMPILING; i++) plan(opened[0].model, { scheme: i % 2 === 0 ? "auto" : "torch" });
  return opened.map(({ path, model }) => {
    const times = { auto: [], torch: [] };
    for (let round = -5; round < rounds; round++)
      for (const [scheme, list] of Object.entries(times)) {
        const time = timed(() => plan(model, { scheme }));
        if (round >= 0) list.push(time);
      }
    return { model: basename(path, ".onnx"), auto: median(times.auto), torch: median(times.torch) };
  });
}

/** Milliseconds from start to exit: the runtime alone, `--help`, and `plan` of the first model, turn by turn. */
export function measureCommands({ rounds }) {
  const commands = { node: ["-e", "0"], help: [bin, "--help"], plan: [bin, "plan", MODELS[0]] };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, args] of Object.entries(commands)) times[name].push(command(args));
  return {
    node: median(times.node),
    plan: median(times.plan),
    help: median(times.help),
    // Round by round, so that what else the machine does falls on both.
    helpBeyondNode: median(times.help.map((time, i) => time - times.node[i])),
  };
}
