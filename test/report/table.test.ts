import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, renderTable, textWidth, truncateMiddle, wrapText } from "../../src/report/table.ts";

test("decimals stand under each other, exponents and whole numbers included", () => {
  const lines = renderTable([{ title: "x", align: "decimal" }], [["0.125"], ["12"], ["3.10e-7"], ["1.00"]]);
  expect(lines.slice(1)).toEqual([" 0.125", "12", " 3.10e-7", " 1.00"]);
});

test("no line is wider than asked while a column may still shrink", () => {
  const cell = fc.string({ unit: "grapheme-ascii", maxLength: 80 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 40, max: 120 }),
      (rows, width) => {
        const lines = renderTable(
          [
            { title: "a", shrinkTo: 4 },
            { title: "b", shrinkTo: 4 },
          ],
          rows,
          { width },
        );
        expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test("names are cut in the middle and keep both ends", () => {
  expect(truncateMiddle("encoder.layers.11.self_attn.in_proj_weight", 16)).toBe("encoder…j_weight");
  expect(truncateMiddle("short", 16)).toBe("short");
  expect(truncateMiddle("ab", 1)).toBe("…");
});

test("paint changes no alignment", () => {
  const paint = (text: string) => `<${text}>`;
  const [, plain] = renderTable([{ title: "a" }, { title: "b" }], [["x", "y"]]);
  const [, painted] = renderTable([{ title: "a" }, { title: "b" }], [[{ text: "x", paint }, "y"]]);
  expect(painted?.replace(/[<>]/g, "")).toBe(plain);
});

test("control characters of a hostile name do not reach the terminal", () => {
  const [, row = ""] = renderTable([{ title: "a" }], [["fc\u001b[2J\r\n\u202e1"]]);
  expect(row).toBe("fc\uFFFD[2J\uFFFD\uFFFD\uFFFD1");
  expect(printable("tab\there")).toBe("tab\uFFFDhere");
});

test("wrapped text loses no word and stays within the width", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: 12 }), { minLength: 1 }),
      (words) => {
        const lines = wrapText(words.join(" "), 30, { indent: "  " });
        expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(30);
        expect(lines.map((line) => line.trim()).join(" ")).toBe(words.join(" "));
      },
    ),
  );
});
