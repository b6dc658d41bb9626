/** The two experiments of the screen, with its settings: their figures are its numbers. */

import { seedOption, settings } from "../../state/shell.ts";
import type { RateState } from "./state.ts";

export function commands({ width, steps, draws, beta, rate, seed }: RateState): readonly string[] {
  const end = `${seedOption(seed)} --json`;
  return [
    `npx epoch0 reproduce bigger-rate${settings({ width, steps, draws })}${end}`,
    `npx epoch0 reproduce slope-is-rate --quick${settings({ slope: beta, rate })}${end}`,
  ];
}
