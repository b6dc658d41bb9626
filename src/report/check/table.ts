/** The findings in a terminal: most serious first, each with its evidence in a sentence and its fix. */

import type { CheckResult, Finding, Severity } from "../../check/types.ts";
import { FORMAT_NAMES } from "../../formats/names.ts";
import { formatCount, plural } from "../number.ts";
import { printable, renderTable, truncateMiddle, wrapText } from "../table.ts";
import type { Paint, Theme } from "../theme.ts";
import { courseLines } from "./course.ts";
import { placeOf, type Told, tellOnce } from "./places.ts";

interface Look {
  readonly width: number;
  readonly theme: Theme;
}

const ORDER: readonly Severity[] = ["error", "warning", "info"];
const SEVERITY_WIDTH = 7;
/** Like findings that are listed by name; the rest is counted. */
const MOST_PLACES = 8;

function paintOf(severity: Severity, theme: Theme): Paint {
  return severity === "error" ? theme.danger : severity === "warning" ? theme.gradient : theme.quiet;
}

/** @example checkTable(result, { width: 80, theme: createTheme({ color: true }) }) */
export function checkTable(result: CheckResult, look: Look): string {
  const { findings, summary, model } = result;
  const { theme, width } = look;
  const lines = wrapText(
    `${model.name}: ${plural(summary.tensors, "tensor")} of ${FORMAT_NAMES[model.format]}`,
    width,
  ).map(theme.quiet);
  const serious = ORDER.slice(0, 2).flatMap((severity) =>
    tellOnce(findings.filter((each) => each.severity === severity)),
  );
  for (const told of serious) lines.push("", ...findingLines(told, look));
  const infos = findings.filter(({ severity }) => severity === "info");
  if (infos.length > 0) lines.push("", ...noteLines(infos, look));
  const paint = summary.errors > 0 ? theme.danger : theme.finding;
  lines.push("", ...wrapText(capital(summary.line), width).map(paint));
  return `${lines.join("\n")}\n`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function findingLines({ first, places }: Told, { width, theme }: Look): string[] {
  const paint = paintOf(first.severity, theme);
  const indent = " ".repeat(SEVERITY_WIDTH + 2);
  const room = width - indent.length;
  const head = truncateMiddle(
    printable(places.length === 1 ? (places[0] ?? "") : `${places[0]} and ${formatCount(places.length - 1)} like it`),
    room - first.rule.length - 2,
  );
  const lines = [`${paint(first.severity.padEnd(SEVERITY_WIDTH))}  ${theme.finding(first.rule)}  ${head}`];
  for (const line of wrapText(first.message, room)) lines.push(indent + line);
  if (places.length > 1) {
    const shown = places.slice(1, MOST_PLACES + 1);
    const rest = places.length - 1 - shown.length;
    const text = `so are ${shown.join(", ")}${rest > 0 ? ` and ${formatCount(rest)} more` : ""}`;
    for (const line of wrapText(text, room)) lines.push(theme.quiet(indent + line));
  }
  for (const line of courseLines(first, room, theme)) lines.push(indent + line);
  if (first.fix !== "")
    wrapText(first.fix, room - 2).forEach((line, i) => {
      lines.push(`${indent}${i === 0 ? theme.quiet("→ ") : "  "}${line}`);
    });
  return lines;
}

/** What is no fault, in a small table: the message, how often, where. */
function noteLines(infos: readonly Finding[], { width, theme }: Look): string[] {
  const groups = new Map<string, { count: number; first: string; last: string }>();
  for (const info of infos) {
    const place = placeOf(info);
    const key = info.rule === "looks-like" ? info.message.replace(/ \(([^,]+),.*$/, " ($1)") : info.message;
    const group = groups.get(key);
    if (group) {
      group.count++;
      group.last = place;
    } else groups.set(key, { count: 1, first: place, last: place });
  }
  const rows = [...groups].map(([message, { count, first, last }]) => [
    message,
    formatCount(count),
    count === 1 ? first : `${first}${count === 2 ? ", " : " … "}${last}`,
  ]);
  return renderTable(
    [
      { title: "note", shrinkTo: 30 },
      { title: "count", align: "right" },
      { title: "where", shrinkTo: 16 },
    ],
    rows,
    { width, titlePaint: theme.quiet },
  );
}
