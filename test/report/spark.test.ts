import { expect, test } from "vitest";
import { decadesFor, logBar } from "../../src/report/spark.ts";

const plain = (text: string) => text;
const bar = (value: number, decades: number, measured?: number) => {
  const cell = logBar(value, {
    decades,
    paint: plain,
    axisPaint: plain,
    ...(measured === undefined ? {} : { measured }),
  });
  return typeof cell === "string" ? cell : cell.paint(cell.text);
};

test("1 is the middle; the sides are the powers of ten", () => {
  expect(bar(1, 2)).toBe("    ┃    ");
  expect(bar(0.01, 2)).toBe("━━━━┃    ");
  expect(bar(100, 2)).toBe("    ┃━━━━");
  expect(bar(10, 2)).toBe("    ┃━━  ");
  expect(bar(10 ** 0.75, 2)).toBe("    ┃━╸  ");
});

test("what lies beyond the axis says so", () => {
  expect(bar(0, 2)).toBe("◂━━━┃    ");
  expect(bar(Number.POSITIVE_INFINITY, 2)).toBe("    ┃━━━▸");
  expect(bar(Number.NaN, 2)).toBe("    ?    ");
});

test("a measurement is a dot on the same axis", () => {
  expect(bar(0.01, 2, 0.1)).toBe("━━●━┃    ");
  expect(bar(1, 2, 1e9)).toBe("    ┃   ●");
});

test("the axis holds every finite value and no more than it must", () => {
  expect(decadesFor([1, 0.5, 3])).toBe(1);
  expect(decadesFor([1e-5, 1])).toBe(6);
  expect(decadesFor([0, Number.NaN, 1])).toBe(1);
});
