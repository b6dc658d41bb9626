// `npm run reproduce`: runs every experiment and writes the table of docs/reproduce.md between its markers.
// `npm run reproduce -- statements` renews the rows of some and keeps the others.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

prepare();
const { experimentIds, reproduce } = await import(new URL("../dist/index.js", import.meta.url).href);
const path = join(root, "docs", "reproduce.md");
const [OPEN, CLOSE] = ["<!-- results -->\n", "<!-- end -->"];
const page = readFileSync(path, "utf8");
const [from, to] = [page.indexOf(OPEN) + OPEN.length, page.indexOf(CLOSE)];
const kept = new Map(
  page
    .slice(from, to)
    .split("\n")
    .map((line) => [/^\| `([^`]+)` \|/.exec(line)?.[1], line]),
);
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const WORDS = { holds: "holds", "holds-if": "holds only if", "does-not-hold": "does not hold" };
const { results } = await reproduce(process.argv.slice(2), {
  onResult: ({ id, verdict, seconds }) => process.stderr.write(`${id}: ${verdict}, ${seconds.toFixed(1)} s\n`),
});
for (const { id, statement, verdict, condition, finding } of results) {
  const words =
    condition === "" ? WORDS[verdict] : `${WORDS[verdict]}${verdict === "holds-if" ? "" : ":"} ${condition}`;
  kept.set(id, `| \`${id}\` | ${cell(statement)} | ${cell(words)} | ${cell(finding)} |`);
}
const rows = experimentIds()
  .map((id) => kept.get(id))
  .filter((row) => row !== undefined);
const table = ["| experiment | statement | verdict | numbers |", "|---|---|---|---|", ...rows, ""].join("\n");
writeFileSync(path, page.slice(0, from) + table + page.slice(to));
