/** Text tables: columns aligned at the decimal point, long names cut in the middle, never wider than asked. */

import type { Paint } from "./theme.ts";

export type Alignment = "left" | "right" | "decimal";

export interface Column {
  readonly title: string;
  readonly align?: Alignment;
  /** Narrowest this column may be cut to when the table is too wide; columns without it are never cut. */
  readonly shrinkTo?: number;
}

export type Cell = string | { readonly text: string; readonly paint: Paint };

export interface TableOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  /** Spaces between columns. Default 2. */
  readonly gap?: number;
  readonly titlePaint?: Paint;
}

/** Width on screen, in code points: the report uses no wide or combining characters of its own. */
export function textWidth(text: string): number {
  return [...text].length;
}

/** Cuts in the middle, where names of parameters differ least: "encoder.lay…1.weight". */
export function truncateMiddle(text: string, width: number): string {
  const points = [...text];
  if (points.length <= width) return text;
  if (width <= 1) return "…".slice(0, Math.max(0, width));
  const tail = Math.ceil((width - 1) / 2);
  return `${points.slice(0, width - 1 - tail).join("")}…${points.slice(points.length - tail).join("")}`;
}

const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Names come from files: control characters must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL, "\uFFFD");
}

const textOf = (cell: Cell) => (typeof cell === "string" ? cell : cell.text);

function decimalParts(text: string): [number, number] {
  const points = [...text];
  const dot = points.indexOf(".");
  const end = points.findIndex((point) => point === "e" || point === " ");
  const whole = dot >= 0 ? dot : end > 0 ? end : points.length;
  return [whole, points.length - whole];
}

function alignDecimals(texts: readonly string[]): string[] {
  const parts = texts.map(decimalParts);
  const whole = Math.max(0, ...parts.map(([left], i) => (texts[i] === "" ? 0 : left)));
  const rest = Math.max(0, ...parts.map(([, right]) => right));
  return texts.map((text, i) => {
    const [left, right] = parts[i] ?? [0, 0];
    return text === "" ? "" : " ".repeat(whole - left) + text + " ".repeat(rest - right);
  });
}

function shrink(widths: number[], columns: readonly Column[], available: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    let widest = -1;
    fitted.forEach((width, i) => {
      const floor = columns[i]?.shrinkTo;
      if (floor !== undefined && width > floor && (widest < 0 || width > (fitted[widest] ?? 0))) widest = i;
    });
    if (widest < 0) return fitted;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
    excess--;
  }
  return fitted;
}

/**
 * Lines of a table: a title line, then one line a row. Cells may be painted; alignment counts the bare text.
 *
 * @example renderTable([{ title: "layer" }, { title: "std", align: "decimal" }], [["fc1", "0.125"]])
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width = 100, gap = 2, titlePaint = (text) => text }: TableOptions = {},
): string[] {
  const texts = columns.map((column, i) => {
    const column_ = rows.map((row) => printable(textOf(row[i] ?? "")));
    return column.align === "decimal" ? alignDecimals(column_) : column_;
  });
  const natural = columns.map((column, i) => Math.max(textWidth(column.title), ...(texts[i] ?? []).map(textWidth)));
  const widths = shrink(natural, columns, width - gap * (columns.length - 1));
  const place = (text: string, i: number) => {
    const room = widths[i] ?? 0;
    const cut = truncateMiddle(text, room);
    const pad = " ".repeat(room - textWidth(cut));
    return columns[i]?.align === undefined || columns[i]?.align === "left" ? [cut, pad, ""] : ["", pad, cut];
  };
  const join = (pieces: string[]) => pieces.join(" ".repeat(gap)).trimEnd();
  const head = join(
    columns.map((column, i) => {
      const [left = "", pad = "", right = ""] = place(column.title, i);
      return left + pad + right;
    }),
  );
  const body = rows.map((row, r) =>
    join(
      columns.map((_, i) => {
        const [left = "", pad = "", right = ""] = place(texts[i]?.[r] ?? "", i);
        const cell = row[i] ?? "";
        const paint: Paint = typeof cell === "string" ? (text) => text : cell.paint;
        return (left === "" ? "" : paint(left)) + pad + (right === "" ? "" : paint(right));
      }),
    ),
  );
  return [titlePaint(head), ...body];
}

/** Breaks a sentence at spaces, and a word that fits no line anywhere; no line is wider than `width`, later ones are indented. */
export function wrapText(text: string, width: number, { indent = "" }: { readonly indent?: string } = {}): string[] {
  const room = Math.max(1, width - textWidth(indent));
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text)
    .split(/\s+/)
    .flatMap((whole) => pieces(whole, room))) {
    const space = lines.length === 0 ? width : room;
    if (line !== "" && textWidth(line) + 1 + textWidth(word) > space) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines.map((each, i) => (i === 0 ? each : indent + each));
}

function pieces(word: string, room: number): string[] {
  const points = [...word];
  return Array.from({ length: Math.ceil(points.length / room) }, (_, i) =>
    points.slice(i * room, (i + 1) * room).join(""),
  );
}
