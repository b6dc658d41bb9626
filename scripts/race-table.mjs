/**
 * `npm run race-table`: six schemes on six models of the corpus, into the marked block of docs/race.md.
 *
 * Runs that were done are kept under out/race-table/; a second call goes on with them. The corpus lies beside the clone.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

const SCHEMES = "torch,one-over-root-n,glorot-uniform,he-normal,auto,zeros";
const digits = ["--data", "digits", "--standardise"];
const RACES = [
  { model: "digits-mlp.onnx", words: [...digits] },
  { model: "deep-tanh-mlp.onnx", words: [...digits] },
  { model: "deep-relu-mlp.onnx", words: [...digits, "--steps", "100"] },
  { model: "lenet5.onnx", words: [...digits, "--steps", "60"] },
  {
    model: "gpt-mini.onnx",
    words: ["--data", "text", "--optimizer", "adam", "--steps", "40", "--batch", "8", "--seeds", "4"],
  },
  {
    model: "resnet-cifar.onnx",
    words: ["--data", "images", "--steps", "24", "--batch", "8", "--seeds", "4", "--lr", "0.1,0.3,1"],
  },
];

if (process.argv[2] !== "table") prepare();
process.chdir(root);
mkdirSync("out/race-table", { recursive: true });
/** Models to run; `table` alone writes the page from the results that are there. */
const only = process.argv.slice(2);
for (const { model, words } of RACES) {
  if (only.length > 0 && !only.includes(model)) continue;
  const line = ["race", join("..", "shared", "models", model), ...words, "--schemes", SCHEMES];
  const kept = ["--results", join("out", "race-table", `${model}.runs.json`), "--json"];
  process.stderr.write(`epoch0 ${line.join(" ")}\n`);
  const { status, stdout } = spawnSync(process.execPath, ["bin/epoch0.mjs", ...line, ...kept], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(join("out", "race-table", `${model}.json`), stdout);
}

const three = (x) => (typeof x === "number" ? String(Number(x.toPrecision(3))) : x);
const cell = ({ rank, loss, accuracy, diverged, runs, learningRate }) => {
  const fate = diverged > 0 ? `, ${diverged}/${runs} diverged` : "";
  if (loss === null) return `${rank}: diverged`;
  return `${rank}: ${three(loss.mean)} ± ${three(loss.std)}, ${(100 * accuracy.mean).toFixed(1)} % at ${three(learningRate)}${fate}`;
};
const schemes = SCHEMES.split(",");
const rows = RACES.flatMap(({ model, words }) => {
  const path = join("out", "race-table", `${model}.json`);
  if (!existsSync(path)) return [];
  const { ranking } = JSON.parse(readFileSync(path, "utf8"));
  const by = new Map(ranking.map((row) => [row.scheme, row]));
  const cells = schemes.map((scheme) => {
    const row = by.get(scheme);
    return row.rank === 1 ? `**${cell(row)}**` : cell(row);
  });
  return [`| \`${model}\` \`${words.join(" ")}\` | ${cells.join(" | ")} |`];
});
const table = [`| model | ${schemes.join(" | ")} |`, `|---|${schemes.map(() => "---").join("|")}|`, ...rows].join("\n");
const [begin, end] = ["<!-- race-table -->", "<!-- /race-table -->"];
const page = readFileSync("docs/race.md", "utf8");
const [before] = page.split(begin);
const [, after] = page.split(end);
writeFileSync("docs/race.md", `${before}${begin}\n${table}\n${end}${after}`);
