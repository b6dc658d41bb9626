import { expect, test } from "vitest";
import { createTheme, palette } from "../../src/report/theme.ts";

/** Colour blindness at full severity, in linear RGB: Machado, Oliveira & Fernandes 2009, table 1. */
const SIMULATIONS: Record<string, number[][]> = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): number[] {
  return [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
}

function seen(hex: string, matrix: number[][]): number[] {
  const rgb = linear(hex);
  return matrix.map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        row.reduce((sum, m, i) => sum + m * (rgb[i] ?? 0), 0),
      ),
    ),
  );
}

/** CIE L*a*b*, D65. */
function lab([r = 0, g = 0, b = 0]: number[]): number[] {
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)));

function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b_ = 0] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b_;
  };
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

for (const [ground, colors] of Object.entries(palette)) {
  test(`forward, gradient and danger are told apart on ${ground} with any colour vision`, () => {
    for (const [vision, matrix] of Object.entries(SIMULATIONS)) {
      for (const [a, b] of [
        [colors.forward, colors.gradient],
        [colors.gradient, colors.danger],
        [colors.forward, colors.danger],
      ] as const) {
        // ΔE*ab of 2.3 is just noticeable (Mahy 1994); ten times that is told apart at a glance.
        expect(distance(lab(seen(a, matrix)), lab(seen(b, matrix))), `${a} ${b} ${vision}`).toBeGreaterThan(23);
      }
    }
  });

  test(`text and lines stand out on ${ground} (WCAG 2.1: 4.5 for text, 3 for graphics)`, () => {
    expect(contrast(colors.text, colors.ground)).toBeGreaterThan(7);
    expect(contrast(colors.quiet, colors.ground)).toBeGreaterThan(4.5);
    for (const color of [colors.forward, colors.gradient, colors.danger])
      expect(contrast(color, colors.ground)).toBeGreaterThan(3);
  });
}

test("without colour nothing is added, with colour nothing is lost", () => {
  expect(createTheme({ color: false }).danger("x")).toBe("x");
  const painted = createTheme({ color: true }).forward("1.00");
  expect(painted).toContain("1.00");
  expect(painted).toContain("\u001b[38;5;");
});
