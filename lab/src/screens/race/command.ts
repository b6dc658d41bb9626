/** The screen's network as an architecture line, and the race of the command line that gives its numbers. */

import { quoted } from "../../state/shell.ts";
import { type RaceState, schemesOf } from "./state.ts";

export interface Sizes {
  /** Numbers in one row. */
  readonly features: number;
  readonly classes: number;
}

/** Of the data that the library carries; of a file they are known when it has been read. */
export const SIZES: Readonly<Record<Exclude<RaceState["data"], "file">, Sizes>> = {
  spirals: { features: 2, classes: 3 },
  moons: { features: 2, classes: 2 },
  digits: { features: 64, classes: 10 },
  iris: { features: 4, classes: 3 },
};

/** @example architecture({ depth: 5, width: 32, activation: "tanh" }, { features: 2, classes: 3 }) // "2 > 32 tanh x5 > 3" */
export function architecture(
  { depth, width, activation }: Pick<RaceState, "depth" | "width" | "activation">,
  { features, classes }: Sizes,
): string {
  return `${features} > ${width} ${activation} x${depth} > ${Math.max(2, classes)}`;
}

/** Empty where the data are not known yet. */
export function commands(state: RaceState, file: (Sizes & { readonly name: string }) | null): readonly string[] {
  const sizes = state.data === "file" ? file : SIZES[state.data];
  if (sizes === null) return [];
  const data = state.data === "file" ? quoted(file?.name ?? "") : state.data;
  const words = [
    `npx epoch0 race "${architecture(state, sizes)}" --data ${data}`,
    ...(state.standardise ? ["--standardise"] : []),
    `--schemes "${schemesOf(state).join(",")}" --lr ${state.rate} --optimizer ${state.optimizer}`,
    `--batch ${state.batch} --steps ${state.steps} --seeds 1 --seed ${state.seed} --json`,
  ];
  return [words.join(" ")];
}
