/** A figure's numbers, and the same as a file. */

export interface Table {
  readonly columns: readonly string[];
  /** The first cell names the row; null is an empty cell. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** RFC 4180, numbers in full. */
export function toCsv({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
