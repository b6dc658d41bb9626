/** The table of `npm run bench` says of each budget whether it was met, and never that one was that nobody measured. */

import { expect, test } from "vitest";

interface Row {
  readonly met: boolean | null;
}
type Rows = {
  mostRow(what: string, value: number, unit: string, most: number | null): Row;
  rateRow(what: string, value: number, unit: string, peer: object | null, least?: number | null): Row;
  row(what: string, ours: object | null, options?: object): Row;
  table(sections: readonly object[]): string;
  tally(sections: readonly object[]): string;
};
const { mostRow, rateRow, row, table, tally }: Rows = await import(
  new URL("../../bench/rows.mjs", import.meta.url).href
);

const torch = { name: "PyTorch", value: 100 };
const kept = rateRow("uniform", 1000, "M/s", torch, 10);
const missed = rateRow("normal", 999, "M/s", torch, 10);
const alone = rateRow("truncated", 1000, "M/s", null, 30);
const small = mostRow("memory", 200, "MB", 200);
const large = mostRow("memory", 200.1, "MB", 200);
const absent = row("paint", null, { budget: { of: "ours", most: 1000, unit: "ms" } });

test("a budget is met at its very bound, not met beyond it, and open where one of the two is not there", () => {
  expect([kept, missed, alone, small, large, absent].map(({ met }) => met)).toEqual([
    true,
    false,
    null,
    true,
    false,
    null,
  ]);
  expect(rateRow("no promise", 1, "M/s", torch).met).toBe(null);
});

test("the table has a line for every row, and the tally counts only what was promised", () => {
  const sections = [
    { title: "Fills", rows: [kept, missed, alone, rateRow("no promise", 1, "M/s", torch)], load: 3.4 },
    { title: "Memory", rows: [small, large, absent], load: 0.2, quick: true },
    { title: "Lab", rows: [], failure: "ended with 1, see above" },
  ];
  const lines = table(sections).split("\n");
  expect(lines).toHaveLength(2 + 3 + 7);
  expect(lines).toContain("| uniform | 1000 M/s | PyTorch 100 M/s | ×10.0 | ≥ ×10 | met |");
  expect(lines).toContain("| normal | 999 M/s | PyTorch 100 M/s | ×9.99 | ≥ ×10 | **not met** |");
  expect(lines).toContain("| truncated | 1000 M/s |  |  | ≥ ×30 | not measured |");
  expect(lines).toContain("| paint |  |  |  | ≤ 1000 ms | not measured |");
  expect(lines).toContain("| **Fills** (load 3.4 when it began) |  |  |  |  |  |");
  expect(lines).toContain("| **Memory** (few rounds, small data) |  |  |  |  |  |");
  expect(lines.at(-1)).toMatch(/failed: ended with 1/);
  expect(tally(sections)).toBe("2 of 6 budgets met, 2 not met, 2 not measured here.");
});
