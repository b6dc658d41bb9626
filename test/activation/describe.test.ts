import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CATALOGUE,
  describeCatalogue,
  differentiate,
  type Expression,
  resolveActivation,
} from "../../src/activation/index.ts";

/** The formatter pads the table's columns: width is not content. */
const words = (text: string): string => text.replace(/ *\| */g, "|").replace(/\|-+/g, "|-");

test("docs/activations.md is what the catalogue says", () => {
  const written = readFileSync(new URL("../../docs/activations.md", import.meta.url), "utf8");
  expect(words(written)).toBe(words(describeCatalogue()));
});

function functionsOf(e: Expression, found = new Set<string>()): Set<string> {
  if (e.kind === "unary") {
    found.add(e.fn);
    functionsOf(e.arg, found);
  } else if (e.kind === "binary") {
    found.add(e.fn);
    functionsOf(e.left, found);
    functionsOf(e.right, found);
  }
  return found;
}

test("the page lists every function that the catalogue and its derivatives use", () => {
  const page = describeCatalogue().split("## Functions of an expression")[1];
  const listed = new Set(page.match(/[a-z0-9]+/g));
  for (const { name } of CATALOGUE) {
    const { expression } = resolveActivation({ kind: "named", name, parameters: {} });
    for (const fn of functionsOf(differentiate(differentiate(expression!)), functionsOf(expression!)))
      expect(listed).toContain(fn);
  }
});
