/** The commands that give the screen's critical point. */

import { quoted } from "../../state/shell.ts";
import type { PhaseState } from "./state.ts";

export function commands({ activation, expression, bias }: PhaseState): readonly string[] {
  const what = activation === "expression" ? `--expr ${quoted(expression)}` : activation.replace(/.*\(.*/, '"$&"');
  return [`npx epoch0 gain ${what}${bias === 0.05 ? "" : ` --bias-variance ${bias}`} --json`];
}
