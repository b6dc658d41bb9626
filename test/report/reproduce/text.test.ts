import { expect, test } from "vitest";
import { experimentText, verdictTable } from "../../../src/report/reproduce/index.ts";
import { sketch } from "../../../src/report/reproduce/sketch.ts";
import { createTheme } from "../../../src/report/theme.ts";
import { result } from "./fixture.ts";

test.each([60, 100, 160])("a block of %d columns says statement, verdict, numbers and tests", (width) => {
  const text = experimentText(result, { width });
  for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(width);
  expect(text).toContain("holds only if the moon is full");
  expect(text).toContain("The factor is 2.00.");
  expect(text).toContain("t = 12.0, p = 1e-5");
  expect(text).toContain("0 ≤ 0");
});

test("sketches of the three kinds", () => {
  const options = { width: 80, theme: createTheme({ color: false }) };
  const [lines, rows, heat] = result.charts.map((chart) => sketch(chart, options).join("\n"));
  // Zero has no place on a log axis.
  expect(lines).toMatch(/measured +1\.00 +▁▅× +0/);
  expect(rows).toContain("●");
  // The largest rate stands on top, the diverged cell is a cross.
  expect(heat!.split("\n").at(-3)).toMatch(/1\.00.*×$/);
  expect(heat).toMatch(/0\.100 +███/);
});

test("the table at the end names each verdict", () => {
  expect(verdictTable([result, { ...result, id: "other", verdict: "does-not-hold" }])).toMatch(
    /example +holds only if +An example\nother +does not hold/,
  );
});
