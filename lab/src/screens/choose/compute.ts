/** The Choose screen's work: the recipe planned, as sentences, numbers and code. */

import { readLine } from "../../../../src/formats/line/index.ts";
import { plan, schemeByName } from "../../../../src/plan/index.ts";
import type { Plan, PlannedLayer } from "../../../../src/plan/types.ts";
import { emitCode } from "../../../../src/report/emit/index.ts";
import { cautionsOf, groupReasons, type Reason } from "../../../../src/report/groups.ts";
import { verdictOf } from "../../../../src/report/verdict.ts";
import { inputOptions } from "../../state/inputs.ts";
import { architecture, fed } from "./command.ts";
import { recipeOf } from "./recipe.ts";
import type { ChooseState } from "./state.ts";

export interface Outcome {
  /** As an architecture line. */
  readonly network: string;
  readonly scheme: string;
  readonly because: string;
  /** What the scheme does, and who says so. */
  readonly summary: string;
  readonly source: string;
  /** The finding of the prediction. */
  readonly title: string;
  readonly layers: readonly PlannedLayer[];
  readonly reasons: readonly Reason[];
  readonly cautions: readonly string[];
  readonly parameters: number;
  readonly scalars: number;
  /** As `epoch0 plan LINE --emit FRAMEWORK` prints it. */
  readonly code: string;
}

/** The last plans: another framework asks for the same one. */
const kept = new Map<string, Plan>();
const KEPT = 8;

function planned(state: ChooseState, scheme: string): Plan {
  const [line, inputs] = [architecture(state), fed(state)];
  const key = `${scheme} ${line}${inputOptions(inputs)}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = plan(readLine(line), { scheme, ...inputs });
  if (kept.size >= KEPT) kept.delete([...kept.keys()][0]!);
  kept.set(key, made);
  return made;
}

/** The recipe for the answers; the numbers and the code are those of the command line. */
export function outcome(state: ChooseState): Outcome {
  const { scheme, because } = recipeOf(state);
  const network = architecture(state);
  const { summary, source } = schemeByName(scheme).scheme;
  const made = planned(state, scheme);
  return {
    network,
    scheme,
    because,
    summary,
    source,
    title: verdictOf(made).title,
    layers: made.layers,
    reasons: groupReasons(made.tensors),
    cautions: cautionsOf(made),
    parameters: made.model.parameters,
    scalars: made.model.scalars,
    code: emitCode(made, state.framework),
  };
}

/** The finding under the framework's own default. */
export const byDefault = (state: ChooseState): string => verdictOf(planned(state, state.framework)).title;
