/** A race as a table in the terminal. */

import type { RaceResult } from "../../race/index.ts";
import { formatNumber } from "../number.ts";
import { type Cell, renderTable, wrapText } from "../table.ts";
import { createTheme, type Theme } from "../theme.ts";
import { formatPercent, formatSpread, raceFacts, raceFinding, rankingNote, stepsCell } from "./words.ts";

export interface RaceTextOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

/** @example raceText(await runRace(order)) */
export function raceText(
  result: RaceResult,
  { width = 100, theme = createTheme({ color: false }) }: RaceTextOptions = {},
): string {
  const stable = new Map(result.stableSteps.map((step) => [step.scheme, step.largestStep]));
  const classified = result.data.classes > 0;
  const columns = [
    { title: "rank", align: "right" as const },
    { title: "scheme", shrinkTo: 12 },
    { title: "rate", align: "decimal" as const },
    ...(stable.size > 0 ? [{ title: "2/λ_max", align: "decimal" as const }] : []),
    { title: "loss held out", align: "decimal" as const },
    ...(classified ? [{ title: "accuracy %", align: "decimal" as const }] : []),
    ...(result.target === null ? [] : [{ title: "steps to target", align: "right" as const }]),
    { title: "diverged", align: "right" as const },
  ];
  const rows = result.ranking.map((row): Cell[] => {
    const largest = stable.get(row.scheme);
    const diverged = `${row.diverged}/${row.runs}`;
    const allLost = row.loss === null;
    return [
      String(row.rank),
      row.rank === 1 ? { text: row.scheme, paint: theme.finding } : row.scheme,
      formatNumber(row.learningRate),
      ...(stable.size > 0 ? [{ text: largest === undefined ? "" : formatNumber(largest), paint: theme.theory }] : []),
      allLost ? { text: "diverged", paint: theme.danger } : formatSpread(row.loss),
      ...(classified ? [formatSpread(row.accuracy, formatPercent)] : []),
      ...(result.target === null ? [] : [stepsCell(row)]),
      row.diverged > 0 ? { text: diverged, paint: theme.danger } : diverged,
    ];
  });
  const lines = [
    ...wrapText(raceFinding(result), width).map(theme.finding),
    ...wrapText(raceFacts(result), width).map(theme.quiet),
    "",
    ...renderTable(columns, rows, { width, titlePaint: theme.quiet }),
    "",
    ...wrapText(rankingNote(result), width).map(theme.quiet),
  ];
  return `${lines.join("\n")}\n`;
}
