/** The experiment that sets down the figures of this very training, and the essay's own on digits. */

import { seedOption, settings } from "../../state/shell.ts";
import { shown, type TwinsState } from "./state.ts";

export function commands(state: TwinsState): readonly string[] {
  const chosen = shown(state).flatMap((name) => (name === "seed" ? [] : [[name, state[name]] as const]));
  const set = settings({ ...Object.fromEntries(chosen), step: state.step });
  return [
    `npx epoch0 reproduce rumelhart-1986 --quick${set}${seedOption(state.seed)} --json`,
    "npx epoch0 reproduce zeros",
  ];
}
