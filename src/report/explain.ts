/** One tensor's choice, line by line: what it is, what it gets, why, and what that makes of the signals. */

import { describe } from "../init/index.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { formatNumber, formatShape, formatShare } from "./number.ts";
import { printable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";
import { saturatedShare } from "./units.ts";

export interface ExplainOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

const LABEL_WIDTH = 13;

/**
 * The report of `epoch0 explain`. Signals are mean squares.
 *
 * @example explainText(plan, plan.tensors[0]!)
 */
export function explainText(
  plan: Plan,
  tensor: PlannedTensor,
  { width = 100, theme = createTheme({ color: false }) }: ExplainOptions = {},
): string {
  const lines = [theme.finding(`${printable(tensor.name)} starts as ${describe(tensor.initializer)}`), ""];
  const say = (label: string, text: string) => {
    const [head = "", ...rest] = wrapText(text, width - LABEL_WIDTH);
    lines.push(theme.quiet(label.padEnd(LABEL_WIDTH)) + head, ...rest.map((line) => " ".repeat(LABEL_WIDTH) + line));
  };
  say("shape", `${formatShape(tensor.shape)}, ${tensor.op} ${tensor.role}`);
  say("fan", `in ${tensor.fanIn}, out ${tensor.fanOut}`);
  say(
    "std",
    `${formatNumber(tensor.std)}, variance ${formatNumber(tensor.std ** 2)}, fan-in × variance ${formatNumber(tensor.fanIn * tensor.std ** 2)}`,
  );
  const at = plan.layers.findIndex((layer) => layer.weight === tensor.name);
  const layer = plan.layers[at];
  const gradient = plan.gradients.find((candidate) => candidate.tensor === tensor.name);
  if (layer !== undefined) {
    const before = plan.layers[at - 1];
    const since =
      before === undefined
        ? ""
        : `; the layer before, ${printable(before.weight)}, has ${formatNumber(before.output.secondMoment)}`;
    say(
      "forward",
      `its output's mean square is predicted at ${formatNumber(layer.output.secondMoment)}, mean ${formatNumber(layer.output.mean)}${since}`,
    );
    say("gradient", `mean square of the gradient at its output ${formatNumber(layer.gradient.secondMoment)}`);
    if (layer.activation !== null) {
      const saturated = saturatedShare(layer);
      const shares = [
        saturated === null ? null : `${formatShare(saturated)} of the units saturated`,
        layer.dead === null ? null : `${formatShare(layer.dead)} flat at one input`,
      ].filter((share) => share !== null);
      say("then", [layer.activation, ...shares].join(", "));
    }
  }
  if (gradient !== undefined)
    say("its own", `mean square of ∂L/∂W ${formatNumber(gradient.secondMoment)} a sample, L = Σ y·g with g ~ N(0, 1)`);
  say("scheme", plan.scheme);
  say("why", tensor.why);
  return `${lines.join("\n")}\n`;
}
