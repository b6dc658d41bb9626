/** docs/schemes.md lists exactly the schemes that there are. `UPDATE_DOCS=1` rewrites its table. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { schemes } from "../../src/plan/index.ts";

const page = new URL("../../docs/schemes.md", import.meta.url);

function table(): string {
  const rows = schemes.map(({ name, aliases, values, summary, source }) => {
    const call = values.length > 0 ? `${name}(${values.map((value) => value.name).join(", ")})` : name;
    const names = [`\`${call}\``, ...aliases.map((alias) => `\`${alias}\``)].join(", ");
    return `| ${names} | ${summary} | ${source} |`.replaceAll("\n", " ");
  });
  return ["| name, aliases | what it does | source |", "|---|---|---|", ...rows].join("\n");
}

/** Formatters may align a table's columns. */
const unpadded = (text: string) =>
  text
    .replace(/-{3,}/g, "---")
    .replace(/ +/g, " ")
    .replace(/\| ?(---) ?(?=\|)/g, "|$1");

test("the table of schemes is the schemes' own data", () => {
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split("<!-- schemes -->");
  const after = rest?.split("<!-- /schemes -->")[1];
  const wanted = `${before}<!-- schemes -->\n${table()}\n<!-- /schemes -->${after}`;
  if (process.env.UPDATE_DOCS) writeFileSync(page, wanted);
  expect(unpadded(readFileSync(page, "utf8"))).toBe(unpadded(wanted));
});
