// `npm run readme`: regenerates the marked blocks of README.md, COMPATIBILITY.md and the pages below from the program itself, and
// those of measurements from what their commands have saved.
// `node scripts/readme.mjs --check` changes nothing and exits 1 where a block is out of date.
//
//   <!-- output: plan examples/digits-mlp.onnx -->  a fenced block with what `npx epoch0 …` prints
//   <!-- output 12: gain gelu -->                   the same, its first twelve lines
//   <!-- table: schemes -->                         a table made from the library's data
//   <!-- end -->                                    closes either
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { saved } from "../bench/rows.mjs";
import { prepare, root } from "./prepare.mjs";

const FILES = ["README.md", "COMPATIBILITY.md", join("docs", "answers.md"), join("docs", "large-models.md")];

function words(line) {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]);
}

/** Findings are an answer too. */
const ANSWERED = [0, 1];

/** What the command prints in 100 columns without colour; its own failure is ours. */
function output(line, most) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "bin", "epoch0.mjs"), ...words(line)], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  if (!ANSWERED.includes(status)) throw new Error(`epoch0 ${line} exited with ${status}: ${stderr}`);
  const lines = stdout.trimEnd().split("\n");
  const shown = lines.length > most ? [...lines.slice(0, most), "…"] : lines;
  return ["```console", `$ npx epoch0 ${line}`, ...shown, "```"].join("\n");
}

function table(titles, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The totals of docs/accuracy.md, which `npm run accuracy` makes from measurements that a clone alone does not have. */
function accuracy() {
  const page = readFileSync(join(root, "docs", "accuracy.md"), "utf8");
  return page.split("## In all")[1].trim().split("\n\n")[0];
}

/** What `npm run bench -- --save` has measured. */
const measurements = () => JSON.parse(readFileSync(join(root, "bench", "results.json"), "utf8"));

const code = (names) => names.map((name) => `\`${name}\``).join(" ");

function tables({ activations, initializers, schemes, operators }) {
  return {
    activations: () =>
      table(
        ["activation", "φ(x)", "parameters", "source"],
        activations.map(({ name, formula, parameters, reference }) => [
          code([name]),
          formula,
          parameters.map((parameter) => `${parameter.name} = ${parameter.default}`).join(", "),
          reference,
        ]),
      ),
    initializers: () =>
      table(
        ["initializer", "PyTorch", "Keras", "JAX", "TF.js"],
        initializers.map(({ name, aliases: { torch, keras, jax, tfjs } }) => [
          code([name]),
          ...[torch, keras, jax, tfjs].map((names) => code(names ?? [])),
        ]),
      ),
    schemes: () =>
      table(
        ["scheme", "does", "source"],
        schemes.map(({ name, summary, source }) => [code([name]), summary, source]),
      ),
    operators: () => code(operators),
    accuracy,
    benchmarks: () => saved(measurements()),
    "large models": () => saved(measurements(), ["memory"]),
  };
}

async function regenerate(text, makers) {
  const marked = /(<!-- (output|table)( \d+)?: ([^\n]*?) -->\n)[\s\S]*?(<!-- end -->)/g;
  return text.replace(marked, (_, open, kind, most, what, close) => {
    const make = kind === "output" ? () => output(what, Number(most ?? Number.POSITIVE_INFINITY)) : makers[what];
    if (make === undefined) throw new Error(`readme: no table ${what}`);
    return `${open}${make()}\n${close}`;
  });
}

prepare();
const library = await import(new URL("../dist/index.js", import.meta.url).href);
const makers = tables({
  activations: library.CATALOGUE,
  initializers: library.initializers,
  schemes: library.schemes,
  operators: library.supportedOperators(),
});
const check = process.argv.includes("--check");
let stale = 0;
for (const file of FILES) {
  const path = join(root, file);
  const text = readFileSync(path, "utf8");
  const fresh = await regenerate(text, makers);
  if (fresh === text) continue;
  if (check) {
    process.stderr.write(`${file} is out of date, run npm run readme\n`);
    stale = 1;
  } else writeFileSync(path, fresh);
}
process.exit(stale);
