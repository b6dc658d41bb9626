/** Rules as data: their pages, their thresholds, their order. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { RULES } from "../../src/check/index.ts";
import { STAGES } from "../../src/check/rules/index.ts";
import { expectedLoss } from "../../src/check/rules/large-logits.ts";
import { rulesIndex, thresholdTable } from "../../src/report/check/rules-page.ts";
import { normalNoise } from "../../src/run/noise.ts";

const pages = fileURLToPath(new URL("../../docs/rules/", import.meta.url));
const page = (name: string) => readFileSync(`${pages}${name}.md`, "utf8");

/** DESIGN 6.2, and what was added. */
const NAMES = [
  ...["zero-weights", "symmetric-units", "non-finite", "saturated", "dead-units", "vanishing-forward"],
  ...["exploding-forward", "vanishing-gradient", "exploding-gradient", "mis-scaled", "rank-deficient"],
  ...["unnormalized-input", "large-logits", "looks-like", "trained", "cloned-layer", "step-too-large"],
];

test("every rule of the contract is there once, in the order of the stages", () => {
  expect(RULES.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
  const stages = RULES.map(({ stage }) => STAGES.indexOf(stage));
  expect(stages).toEqual([...stages].sort((a, b) => a - b));
});

test("every rule has a page with its sections, and no page is left over", () => {
  expect(readdirSync(pages).sort()).toEqual([...NAMES.map((name) => `${name}.md`), "README.md"].sort());
  for (const { name, severity } of RULES) {
    const sections = [...page(name).matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    const serious = severity !== "info";
    expect(sections, name).toEqual([
      serious ? "Why it hurts" : "What it is for",
      "Evidence",
      "Thresholds",
      ...(serious ? ["How to fix it"] : []),
      "When to ignore it",
    ]);
    expect(page(name).startsWith(`# ${name}: `), name).toBe(true);
  }
});

test("index and thresholds of the pages are those of the rules", () => {
  expect(page("README")).toBe(rulesIndex(RULES));
  for (const rule of RULES) {
    const block = /<!-- thresholds -->\n([\s\S]*?)\n<!-- \/thresholds -->/.exec(page(rule.name))?.[1];
    expect(block, rule.name).toBe(thresholdTable(rule));
  }
});

test("links of the pages lead to files", () => {
  for (const name of [...NAMES, "README"])
    for (const [, target = ""] of page(name).matchAll(/\]\(([^)#:]+)\)/g))
      expect(existsSync(`${pages}${target}`), `${name} links to ${target}`).toBe(true);
});

test("the expected loss of logits that know nothing is that of a simulation", () => {
  for (const classes of [2, 3, 10, 100])
    for (const variance of [0.1, 1, 10, 100, 1000]) {
      const draws = 4000;
      const noise = normalNoise(1, `${classes}`, draws * classes, 0, Math.sqrt(variance));
      let total = 0;
      for (let i = 0; i < draws; i++) {
        const logits = noise.subarray(i * classes, (i + 1) * classes);
        const top = Math.max(...logits);
        total += top + Math.log(logits.reduce((sum, z) => sum + Math.exp(z - top), 0)) - (logits[0] ?? 0);
      }
      const simulated = total / draws;
      // Four standard errors of the mean: one draw deviates by about √(2v), at most.
      const error = (4 * Math.sqrt(2 * variance)) / Math.sqrt(draws);
      const allowed = 1e-3 + error / simulated;
      expect(Math.abs(Math.log(expectedLoss(classes, variance) / simulated)), `${classes} ${variance}`).toBeLessThan(
        allowed,
      );
    }
});
