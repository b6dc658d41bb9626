import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { mathOf } from "../../../src/report/reproduce/formula.ts";
import { edges } from "../../../src/report/reproduce/heat.ts";
import { essayPage } from "../../../src/report/reproduce/index.ts";
import { domainOf, logTicks } from "../../../src/report/reproduce/plot.ts";
import { experiments } from "../../../src/reproduce/index.ts";
import { result } from "./fixture.ts";

let page = "";
beforeAll(async () => {
  page = await essayPage({ schema: "epoch0.reproduce/1", seed: 0, size: "full", results: [result] });
});

describe("the essay's page", () => {
  test("asks for nothing: no script, no address, no import", () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|javascript:/i);
    const addresses = [...page.matchAll(/https?:\/\/[^"'\s<]+/g)].map(([address]) => address);
    // Names of XML vocabularies are no addresses.
    expect(addresses.filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
    expect(page).toContain("default-src 'none'");
  });

  test("has statement, verdict, formula, figures with their numbers, and the command", () => {
    const { document } = parseHTML(page);
    const section = document.querySelector("#example")!;
    expect(section.querySelector("blockquote")?.textContent).toContain("a < b & c: everything doubles");
    expect(section.querySelector(".verdict")?.textContent).toBe("It holds only if the moon is full.");
    expect(section.querySelectorAll("math").length).toBe(1);
    expect(section.querySelectorAll("figure").length).toBe(3);
    expect(section.querySelectorAll("figure .wide svg, figure .narrow svg").length).toBe(6);
    expect(section.querySelectorAll("figure details table").length).toBe(3);
    expect(section.querySelector(".command code")?.textContent).toBe("epoch0 reproduce example");
    for (const svg of section.querySelectorAll("figure div svg")) expect(svg.getAttribute("aria-label")).not.toBe("");
  });

  test("counts the verdicts in a sentence", async () => {
    expect(page).toContain("Of 1 statement here 1 holds only under a condition.");
    const verdicts = ["holds", "holds", "does-not-hold"] as const;
    const results = verdicts.map((verdict) => ({ ...result, verdict }));
    const more = await essayPage({ schema: "epoch0.reproduce/1", seed: 0, size: "full", results });
    expect(more).toContain("Of 3 statements here 2 hold, 1 does not hold.");
  });

  test("what cannot be drawn is named", () => {
    expect(page).toContain("Not shown of measured: 1 that are zero or not finite.");
  });
});

test.each(experiments.flatMap(({ id, formulas }) => formulas.map((formula) => [id, formula] as const)))(
  "a formula of %s is MathML that says its text once",
  async (_, formula) => {
    const html = await mathOf(formula);
    expect(html).toMatch(/<math[\s>]/);
    expect(html).not.toContain("annotation>");
    expect(html).not.toContain("mathcolor");
  },
);

test("axes: domains hold the values, ticks are powers of ten, cells meet half way", () => {
  expect(domainOf({ label: "", log: true }, [1, 2])[1]).toBeGreaterThan(2);
  expect(domainOf({ label: "" }, [Number.NaN])).toEqual([0, 1]);
  expect(logTicks([0.5, 200], 8)).toEqual([1, 10, 100]);
  expect(logTicks([1e-12, 1], 4).length).toBeLessThanOrEqual(5);
  const [low, middle, high] = edges([1, 100], { label: "", log: true });
  expect(low).toBeCloseTo(0.1, 12);
  expect(middle).toBeCloseTo(10, 12);
  expect(high).toBeCloseTo(1000, 9);
});
