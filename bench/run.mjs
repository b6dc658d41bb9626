// `npm run bench`: every budget that the project promises, beside its peers in the same run, as one table; `--json` prints one
// document (epoch0.bench/2) instead. `--section fill,plan` runs a part, `--quick` fewer rounds on smaller data, `--size 10GB` the
// section `memory` at another size, `--save` writes bench/results.json, of which `npm run readme` makes the tables of README.md and
// docs/large-models.md. Each section runs in a process of its own.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prepare, root } from "../scripts/prepare.mjs";
import { SECTIONS, table, tally } from "./rows.mjs";

const RESULTS = join(root, "bench", "results.json");

const { values: options } = parseArgs({
  options: {
    section: { type: "string", default: SECTIONS.join() },
    /** Of the section `memory`, which is then one of its own in the saved results. */
    size: { type: "string" },
    kills: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    /** Runs a section here and prints it: what this program calls itself with. */
    here: { type: "string" },
  },
});

async function here(name) {
  const { title, measure } = await import(`./sections/${name}.mjs`);
  const began = performance.now();
  const load = loadavg()[0];
  const { quick, size, kills } = options;
  const rows = await measure({
    quick,
    ...(size === undefined ? {} : { size }),
    ...(kills === undefined ? {} : { kills: Number(kills) }),
  });
  const seconds = (performance.now() - began) / 1000;
  // Some peers keep threads alive.
  const result = { name: size === undefined ? name : `${name} ${size}`, title, quick, rows, load, seconds };
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

/** In a process of its own: neither heap, threads nor failures of one section reach the next. */
function section(name) {
  process.stderr.write(`${name} …\n`);
  const words = ["--here", name, ...(options.quick ? ["--quick"] : [])];
  for (const each of ["size", "kills"]) if (options[each] !== undefined) words.push(`--${each}`, options[each]);
  const { status, stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...words], {
    stdio: ["ignore", "pipe", 2],
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status === 0) return { ...JSON.parse(stdout), measured: new Date().toISOString().slice(0, 16) };
  process.exitCode = 1;
  return { name, title: name, rows: [], failure: `ended with ${status}, see above` };
}

function save(results) {
  let before = [];
  try {
    before = JSON.parse(readFileSync(RESULTS, "utf8")).sections;
  } catch {
    // The first time there is none.
  }
  const all = new Map([...before, ...results.sections].map((each) => [each.name, each]));
  const place = ({ name }) => SECTIONS.indexOf(name.split(" ")[0]);
  const sections = [...all.values()].sort((a, b) => place(a) - place(b));
  writeFileSync(RESULTS, `${JSON.stringify({ ...results, sections }, null, 1)}\n`);
}

if (options.here !== undefined) await here(options.here);
else {
  const names = options.section.split(",");
  const unknown = names.find((name) => !SECTIONS.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: no section ${unknown}, choose from ${SECTIONS.join(", ")}\n`);
    process.exit(2);
  }
  prepare();
  const [{ model }] = cpus();
  const machine = {
    node: process.version,
    processors: cpus().length,
    model: model.trim(),
    gigabytes: Math.round(totalmem() / 1e9),
  };
  const sections = names.map(section);
  const results = { schema: "epoch0.bench/2", machine, sections };
  if (options.save) save(results);
  if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else process.stdout.write(`${table(sections)}\n\n${tally(sections)}\n`);
}
