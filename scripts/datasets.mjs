/**
 * Writes src/race/data/digits.ts and iris.ts from two CSV files: node scripts/datasets.mjs DIGITS.csv IRIS.csv
 *
 * Bytes are compressed (zlib) and written as base64, so that the library carries the data without touching files.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

const [digitsPath, irisPath] = process.argv.slice(2);
const rows = (path) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));

function write(name, header, bytes) {
  const text = deflateSync(Uint8Array.from(bytes), { level: 9 }).toString("base64");
  const lines = text.match(/.{1,400}/g).map((line) => `  "${line}",`);
  const body = ["export const packed = [", ...lines, '].join("");', ""].join("\n");
  writeFileSync(new URL(`../src/race/data/packed/${name}.ts`, import.meta.url), `${header}\n\n${body}`);
}

write(
  "digits",
  `/**
 * 1797 images of handwritten digits, 8×8 pixels of 0 … 16 and the label, one byte each (scripts/datasets.mjs).
 * E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (its test
 * part), https://doi.org/10.24432/C50P49, licence CC BY 4.0. Changed: packed as bytes.
 */`,
  rows(digitsPath).flatMap((row) => row.map(Number)),
);
const species = ["setosa", "versicolor", "virginica"];
write(
  "iris",
  `/**
 * 150 flowers: four lengths in millimetres and the species, one byte each (scripts/datasets.mjs).
 * R. A. Fisher, "Iris", UCI Machine Learning Repository, 1936, https://doi.org/10.24432/C56C76, licence CC BY 4.0.
 * Changed: in millimetres, packed as bytes; rows 35 and 38 as in Fisher's paper.
 */`,
  rows(irisPath).flatMap((row) => [...row.slice(0, 4).map((x) => Math.round(10 * Number(x))), species.indexOf(row[4])]),
);
