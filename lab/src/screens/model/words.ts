/** The parameters as a table: what is in the file beside what the scheme would draw. */

import type { Table } from "../../chart/csv.ts";
import type { Opened, Planned, Seen } from "./compute.ts";

/** Numbers in full, for the CSV. */
export function weightsTable(opened: Opened, seen: ReadonlyMap<string, Seen>, planned: Planned | null): Table {
  return {
    columns: ["parameter", "shape", "role", "std in the file", "looks like", "scheme", "new std", "new distribution"],
    rows: opened.rows.map(({ name, shape, role }) => {
      const [now, then] = [seen.get(name), planned?.drawn.get(name)];
      return [
        name,
        shape.join("×"),
        role,
        now?.std ?? null,
        now?.looksLike ?? null,
        then === undefined ? null : (planned?.scheme ?? null),
        then?.std ?? null,
        then?.law ?? null,
      ];
    }),
  };
}
