/** The commands that give the screen's critical point. */

import type { PhaseState } from "./state.ts";

/** A word of a shell, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function commands({ activation, expression, bias }: PhaseState): readonly string[] {
  const what = activation === "expression" ? `--expr ${quoted(expression)}` : activation.replace(/.*\(.*/, '"$&"');
  return [`npx epoch0 gain ${what}${bias === 0.05 ? "" : ` --bias-variance ${bias}`} --json`];
}
