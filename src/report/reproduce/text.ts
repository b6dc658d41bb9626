/** An experiment as a person reads it in a terminal: statement, verdict, what decided, and a sketch. */

import type { Result } from "../../reproduce/index.ts";
import { type Cell, renderTable, textWidth, wrapText } from "../table.ts";
import { createTheme, type Theme } from "../theme.ts";
import { sketch } from "./sketch.ts";
import { FINDING_MARKS, statisticOf, VERDICT_WORDS, verdictSentence } from "./words.ts";

export interface ExperimentTextOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

const INDENT = "  ";

/**
 * One block for one experiment.
 *
 * @example experimentText(results[0])
 */
export function experimentText(
  result: Result,
  { width = 100, theme = createTheme({ color: false }) }: ExperimentTextOptions = {},
): string {
  const room = width - INDENT.length;
  const indented = (lines: readonly string[]) => lines.map((line) => (line === "" ? "" : INDENT + line));
  const say = result.verdict === "does-not-hold" ? theme.danger : theme.finding;
  const comparison =
    result.comparison === undefined
      ? []
      : [
          "",
          ...renderTable(
            [
              { title: "", shrinkTo: 20 },
              { title: "the paper", shrinkTo: 20 },
              { title: "here", shrinkTo: 16 },
            ],
            result.comparison.map(({ what, paper, here }) => [what, paper, here]),
            { width: room, titlePaint: theme.quiet },
          ),
        ];
  const first = result.charts[0];
  return `${[
    theme.finding(result.id),
    ...indented([
      ...wrapText(`“${result.statement}”`, room),
      ...wrapText(verdictSentence(result.verdict, result.condition), room).map(say),
      "",
      ...wrapText(`${capital(result.finding)}.`, room),
      ...(first === undefined ? [] : ["", ...sketch(first, { width: room, theme })]),
      ...comparison,
      "",
      ...testLines(result, room, theme),
    ]),
  ].join("\n")}\n`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Each claim with its mark and the statistic that decided; long claims go on below themselves. */
function testLines({ tests }: Result, room: number, theme: Theme): string[] {
  const statistics = tests.map(statisticOf);
  const width = Math.max(...statistics.map(textWidth));
  const start = 6 + width + 2;
  return tests.flatMap(({ claim, finding }, i) => {
    const paint = finding === "supported" ? theme.finding : theme.danger;
    const [first = "", ...rest] = wrapText(claim, room - start);
    const mark = paint(FINDING_MARKS[finding]) + " ".repeat(6 - FINDING_MARKS[finding].length);
    const statistic = statistics[i]!;
    return [
      `${mark}${theme.quiet(statistic)}${" ".repeat(width - textWidth(statistic) + 2)}${first}`,
      ...rest.map((line) => " ".repeat(start) + line),
    ];
  });
}

/** The last lines: each experiment with its verdict. */
export function verdictTable(
  results: readonly Result[],
  { width = 100, theme = createTheme({ color: false }) }: ExperimentTextOptions = {},
): string {
  const lines = renderTable(
    [{ title: "experiment" }, { title: "verdict" }, { title: "about" }],
    results.map(({ id, verdict, title }): Cell[] => [
      id,
      { text: VERDICT_WORDS[verdict], paint: verdict === "does-not-hold" ? theme.danger : theme.finding },
      title,
    ]),
    { width, titlePaint: theme.quiet },
  );
  return `${lines.join("\n")}\n`;
}
