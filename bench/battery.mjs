// `npm run battery`: what the stream is held against at length. Each part can be asked for by name.
//   raw         words of one key, without end, to stdout: for any battery that reads a pipe (`… raw | RNG_test stdin32`)
//   dieharder   all of dieharder over that pipe (some 250 GB, an hour): `--log FILE` keeps its report
//   moments     moments of the normal to the sixth, tails to five standard deviations, `--values N` (default 1e10)
//   correlation of neighbouring seeds, names and blocks, `--pairs N` of 2^20 normals each (default 300)
// A failure is exit code 1. Results are in docs/statistics.md.
import { spawn } from "node:child_process";
import { createWriteStream, writeSync } from "node:fs";
import { prepare } from "../scripts/prepare.mjs";

const [part = "moments"] = process.argv.slice(2);
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
if (part !== "raw") prepare();
const { createKey, fillBits, runFill } = await import("../dist/index.js");

/** Words of seed 0, name "weight". */
function raw() {
  const words = new Uint32Array(2 ** 18);
  const bytes = new Uint8Array(words.buffer);
  const key = createKey(0, "weight");
  for (let start = 0; ; start += words.length) {
    fillBits(words, key, start);
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(1, bytes, at, bytes.length - at);
      } catch (error) {
        // The reader has enough.
        if (error.code === "EPIPE") return;
        if (error.code !== "EAGAIN") throw error;
      }
    }
  }
}

async function dieharder() {
  const source = spawn(process.execPath, [process.argv[1], "raw"], { stdio: ["ignore", "pipe", "inherit"] });
  const battery = spawn("dieharder", ["-a", "-g", "200"], { stdio: [source.stdout, "pipe", "inherit"] });
  const log = option("log", null);
  if (log !== null) battery.stdout.pipe(createWriteStream(log));
  let text = "";
  battery.stdout.on("data", (chunk) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  await new Promise((resolve) => battery.once("close", resolve));
  source.kill();
  const count = (verdict) => text.split("\n").filter((line) => line.includes(verdict)).length;
  process.stdout.write(`${count("PASSED")} passed, ${count("WEAK")} weak, ${count("FAILED")} failed\n`);
  if (count("FAILED") > 0 || count("PASSED") === 0) process.exitCode = 1;
}

const K = 4;
let failed = 0;
/** One line: the figure, what theory says, and how many standard errors lie between. */
function judge(name, value, expected, error) {
  const z = (value - expected) / error;
  if (!(Math.abs(z) <= K)) failed += 1;
  process.stdout.write(
    `| ${name} | ${value.toPrecision(9)} | ${expected.toPrecision(9)} | ${error.toPrecision(2)} | ${z >= 0 ? "+" : ""}${z.toFixed(2)} |\n`,
  );
}
const head = (what) =>
  process.stdout.write(`| ${what} | measured | theory | standard error | errors apart |\n|---|--:|--:|--:|--:|\n`);

/** E[z^k] of a standard normal. */
const moment = (k) =>
  k % 2 === 1 ? 0 : Array.from({ length: k / 2 }, (_, i) => 2 * i + 1).reduce((product, each) => product * each, 1);
/** P(Z > k), k = 1 … 5 (Abramowitz & Stegun, table 26.1 and 26.2). */
const TAILS = [
  0.15865525393145707, 0.022750131948179212, 0.0013498980316300957, 3.167124183311998e-5, 2.866515718791946e-7,
];

function moments() {
  const total = Number(option("values", 1e10));
  const values = new Float32Array(2 ** 16);
  const sums = new Float64Array(7);
  const beyond = new Float64Array(6);
  const key = createKey(0, "weight");
  let count = 0;
  for (; count < total; count += values.length) {
    runFill(values, { kind: "normal", key, start: count, mean: 0, std: 1 });
    let [s1, s2, s3, s4, s5, s6] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const z = values[i];
      const q = z * z;
      const c = q * z;
      s1 += z;
      s2 += q;
      s3 += c;
      s4 += q * q;
      s5 += q * c;
      s6 += c * c;
      if (q > 1) {
        beyond[1]++;
        if (q > 4) for (let k = 2; k <= 5 && q > k * k; k++) beyond[k]++;
      }
    }
    [s1, s2, s3, s4, s5, s6].forEach((sum, k) => {
      sums[k + 1] += sum;
    });
  }
  head(`normal, ${count.toExponential(3)} values`);
  for (let k = 1; k <= 6; k++)
    judge(`moment ${k}`, sums[k] / count, moment(k), Math.sqrt((moment(2 * k) - moment(k) ** 2) / count));
  for (let k = 1; k <= 5; k++) {
    const p = 2 * TAILS[k - 1];
    judge(`beyond ${k}σ`, beyond[k] / count, p, Math.sqrt((p * (1 - p)) / count));
  }
}

function correlation() {
  const pairs = Number(option("pairs", 300));
  const size = 2 ** 20;
  const [a, b] = [new Float32Array(size), new Float32Array(size)];
  const draw = (out, seed, name, start) =>
    runFill(out, { kind: "normal", key: createKey(seed, name), start, mean: 0, std: 1 });
  const kinds = {
    "neighbouring seeds": (i) => [draw(a, i, "w", 0), draw(b, i + 1, "w", 0)],
    "neighbouring names": (i) => [draw(a, 0, `layers.${i}.weight`, 0), draw(b, 0, `layers.${i + 1}.weight`, 0)],
    "seeds one bit apart": (i) => [draw(a, 5, "w", 0), draw(b, 5 ^ (2 ** (i % 30)), "w", i < 30 ? 0 : size * i)],
    "neighbouring blocks": (i) => [draw(a, 1, "w", size * i), draw(b, 1, "w", size * i + 4096)],
    "neighbouring values": (i) => [draw(a, 2, "w", size * i), draw(b, 2, "w", size * i + 1)],
    "values a unit apart": (i) => [draw(a, 3, "w", size * i), draw(b, 3, "w", size * i + 8)],
  };
  head(`${pairs} pairs of ${size} normals each`);
  for (const [name, fill] of Object.entries(kinds)) {
    // Of the values, and of their squares, which sees radii that depend on each other: √n·r is a standard normal.
    let [plain, squares] = [0, 0];
    for (let i = 0; i < pairs; i++) {
      fill(i);
      let [s, q] = [0, 0];
      for (let j = 0; j < size; j++) {
        s += a[j] * b[j];
        q += (a[j] * a[j] - 1) * (b[j] * b[j] - 1);
      }
      plain += s;
      squares += q / 2;
    }
    const error = 1 / Math.sqrt(pairs * size);
    judge(`${name}: values`, plain / (pairs * size), 0, error);
    judge(`${name}: squares`, squares / (pairs * size), 0, error);
  }
}

const parts = { raw, dieharder, moments, correlation };
if (parts[part] === undefined) {
  process.stderr.write(`battery: no part is called ${part}, ask for one of ${Object.keys(parts).join(", ")}\n`);
  process.exitCode = 2;
} else {
  await parts[part]();
  if (failed > 0) {
    process.stderr.write(`battery: ${failed} figures lie more than ${K} standard errors from theory\n`);
    process.exitCode = 1;
  }
}
