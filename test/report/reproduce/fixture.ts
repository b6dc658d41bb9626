/** A result with one chart of each kind, made up so that a reader can check each number. */

import type { Result } from "../../../src/reproduce/index.ts";

export const result: Result = {
  id: "example",
  group: "statement",
  title: "An example",
  statement: "a < b & c: everything doubles",
  source: "nobody 1900",
  formulas: [{ tex: "\\operatorname{E}[z^2]\\le\\tfrac13", text: "E[z²] ≤ ⅓" }],
  prose: ["First paragraph.", "Second paragraph."],
  procedure: "Two numbers are compared.",
  verdict: "holds-if",
  condition: "the moon is full",
  finding: "the factor is 2.00",
  command: "epoch0 reproduce example",
  seconds: 1.5,
  figures: { factor: 2, series: [1, 2, 4] },
  tests: [
    { claim: "the factor is 2", method: "t-test", statistic: 12, threshold: 3, pValue: 1e-5, finding: "supported" },
    { claim: "the factor is 3", method: "t-test", statistic: -12, threshold: 3, pValue: 1, finding: "refuted" },
    { claim: "to the bit", method: "rounding", statistic: 0, threshold: 0, pValue: null, finding: "supported" },
  ],
  charts: [
    {
      kind: "lines",
      title: "It doubles",
      x: { label: "step" },
      y: { label: "size", log: true },
      series: [
        { label: "theory", role: "theory", mark: "line", x: [0, 1, 2], y: [1, 2, 4] },
        {
          label: "measured",
          role: "forward",
          mark: "dots",
          x: [0, 1, 2],
          y: [1, 2.1, 0],
          low: [0.9, 2, 0],
          high: [1.1, 2.2, 0],
        },
      ],
    },
    {
      kind: "rows",
      title: "Two rows",
      x: { label: "ratio" },
      rows: [
        { label: "one", role: "forward", value: 1, low: 0.9, high: 1.1, theory: 1 },
        { label: "two", role: "danger", value: 2 },
      ],
    },
    {
      kind: "heat",
      title: "A map",
      x: { label: "scale", log: true, values: [1, 10] },
      y: { label: "rate", log: true, values: [0.1, 1] },
      value: { label: "loss", log: true },
      good: "low",
      cells: [
        [0.1, 2],
        [1, Number.POSITIVE_INFINITY],
      ],
    },
  ],
  comparison: [{ what: "a number", paper: "2.1", here: "2.0" }],
};
