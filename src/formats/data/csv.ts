/** Comma-separated numbers, one row a sample, with or without a header line and a label column. */

import { FormatError } from "../error.ts";
import { shown } from "../shape.ts";
import type { Data } from "./types.ts";

/** More columns than any table of samples has; a guard against a file that is one endless line. */
const MAX_COLUMNS = 1_000_000;
/** Classes are told apart by their text: more than this is no label column. */
const MAX_CLASSES = 100_000;

const LABEL = /^(label|target|class|species|y)$/i;

interface Row {
  readonly fields: readonly string[];
  readonly line: number;
  readonly offset: number;
}

/** Fields of one line; a field may stand in double quotes, a quote in it doubled (RFC 4180, without line breaks in fields). */
function splitLine(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((field) => field.trim());
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '"' && quoted && line[i + 1] === '"') {
      field += char;
      i += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      fields.push(field.trim());
      field = "";
    } else field += char;
  }
  fields.push(field.trim());
  return fields;
}

function separatorOf(line: string): string {
  return [",", ";", "\t"].find((candidate) => line.includes(candidate)) ?? ",";
}

const isNumber = (field: string): boolean => field !== "" && !Number.isNaN(Number(field));

function rowsOf(text: string, name: string): Row[] {
  const rows: Row[] = [];
  let offset = 0;
  let line = 0;
  let separator: string | null = null;
  for (const raw of text.split("\n")) {
    line += 1;
    if (raw.trim() !== "") {
      separator ??= separatorOf(raw);
      const fields = splitLine(raw, separator);
      const columns = rows[0]?.fields.length ?? fields.length;
      if (fields.length !== columns || columns > MAX_COLUMNS) {
        throw new FormatError(
          `${name}, line ${line}: each line has as many columns as the first, ${columns}, got ${fields.length}, fix the line`,
          offset,
        );
      }
      rows.push({ fields, line, offset });
    }
    offset += raw.length + 1;
  }
  return rows;
}

/** The label column: named so in the header, else the last one where it holds words. */
function labelColumn(header: readonly string[] | null, rows: readonly Row[]): number | null {
  const named = header?.findIndex((column) => LABEL.test(column)) ?? -1;
  if (named >= 0) return named;
  const last = (rows[0]?.fields.length ?? 0) - 1;
  return last > 0 && rows.some(({ fields }) => !isNumber(fields[last]!)) ? last : null;
}

function labelsOf(rows: readonly Row[], column: number, name: string) {
  const texts = rows.map(({ fields }) => fields[column]!);
  const numeric = texts.every(isNumber);
  const classes = [...new Set(texts)].sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
  if (classes.length > MAX_CLASSES) {
    throw new FormatError(
      `${name}: at most ${MAX_CLASSES} classes, got ${classes.length}, name the label column "label"`,
    );
  }
  const index = new Map(classes.map((text, i) => [text, i]));
  return { labels: Int32Array.from(texts, (text) => index.get(text) ?? 0), classes };
}

/**
 * Rows of a .csv text (separator comma, semicolon or tab, found from the first line).
 *
 * The first line is a header where one of its fields is not a number and the second line's is. A column called label,
 * target, class or species (or y) holds labels, or the last column where it holds words; all others must be numbers.
 *
 * @throws FormatError with line and column
 * @example readCsv("a,b,label\n1,2,cat\n3,4,dog\n").classes // ["cat", "dog"]
 */
export function readCsv(text: string, { name = "csv" }: { readonly name?: string } = {}): Data {
  const all = rowsOf(text.replace(/^\ufeff/, "").replaceAll("\r", ""), name);
  const [first, second] = all;
  if (first === undefined) throw new FormatError(`${name}: no rows, give a file with numbers`, 0);
  const words = (row: Row) => row.fields.map((field) => !isNumber(field));
  const titled = words(first).some((isWord, column) => isWord && (second === undefined || !words(second)[column]));
  const named = first.fields.some((field) => LABEL.test(field));
  const header = titled || named ? first.fields : null;
  const rows = header === null ? all : all.slice(1);
  if (rows.length === 0) throw new FormatError(`${name}: no rows below the header, give a file with numbers`, 0);
  const label = labelColumn(header, rows);
  const columns = first.fields.map((_, column) => column).filter((column) => column !== label);
  if (columns.length === 0) throw new FormatError(`${name}: only labels, no columns of numbers`, 0);
  const inputs = new Float32Array(rows.length * columns.length);
  rows.forEach(({ fields, line, offset }, i) => {
    columns.forEach((column, j) => {
      const field = fields[column]!;
      if (!isNumber(field)) {
        const place = `${name}, line ${line}, column ${column + 1}`;
        throw new FormatError(`${place}: expected a number, got ${shown(field)}, fix or remove it`, offset);
      }
      inputs[i * columns.length + j] = Number(field);
    });
  });
  const labelled = label === null ? { labels: null, classes: [] } : labelsOf(rows, label, name);
  return { inputs, shape: [rows.length, columns.length], ...labelled };
}
