/** What a network is fed, and which statistics its norms use: fields of several screens, and options of several commands. */

import { choice, number, type StateOf } from "./schema.ts";

export const inputFields = {
  inputMean: number({ label: "Inputs' mean", default: 0, min: -1000, max: 1000 }),
  inputVariance: number({ label: "Inputs' variance", default: 1, min: 1e-6, max: 1e6, log: true }),
  mode: choice({
    label: "Batch norm and dropout",
    default: "train",
    options: { train: "as in training", eval: "as in use" },
  }),
} as const;

export type Inputs = StateOf<typeof inputFields>;

/** As `plan` and `checkModel` take them. */
export const inputsOf = ({ inputMean, inputVariance, mode }: Inputs): Inputs => ({ inputMean, inputVariance, mode });

/** As the command line takes them; what it assumes by itself is left out. @example inputOptions({ inputMean: 3, inputVariance: 1, mode: "train" }) // " --input-mean 3" */
export const inputOptions = ({ inputMean, inputVariance, mode }: Inputs): string =>
  [
    inputMean === inputFields.inputMean.default ? "" : ` --input-mean ${inputMean}`,
    inputVariance === inputFields.inputVariance.default ? "" : ` --input-variance ${inputVariance}`,
    mode === inputFields.mode.default ? "" : ` --mode ${mode}`,
  ].join("");
