/** Units whose slope is lost, told apart: saturated ones still move a little, dead ones sit where the curve is flat. */

import type { PlannedLayer } from "../plan/types.ts";

/** Share of the units that are saturated without being flat, 0…1; null where nothing is known. */
export function saturatedShare({ saturated, dead }: PlannedLayer): number | null {
  // What is flat is counted among the saturated too: half of a rectifier's units, by design.
  return saturated === null ? null : Math.max(0, saturated - (dead ?? 0));
}
