/** One tensor's choice as a well-set derivation: every step in symbols, in numbers, and with its result. */

import { describe } from "../init/index.ts";
import { type Derivation, lawOfMoment, momentsIn, quantities, type Step } from "../plan/derivation/index.ts";
import type { Plan, PlannedTensor } from "../plan/types.ts";
import { formatNumber, formatShape, formatShare } from "./number.ts";
import { printable, textWidth, truncateMiddle, wrapText } from "./table.ts";
import { createTheme, type Paint, type Theme } from "./theme.ts";
import { saturatedShare } from "./units.ts";

export interface ExplainOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

const HEADINGS: Readonly<Record<Step["section"], string>> = {
  input: "The signal that comes in",
  gradient: "The gradient that comes back",
  fan: "The fan",
  choice: "The choice",
  law: "What is drawn",
  outcome: "What it makes",
};

/** Steps of a long way that are shown in full: the start and the end of it. */
const FIRST_SHOWN = 2;
const LAST_SHOWN = 5;

/**
 * The report of `epoch0 explain`; `why` is the last line. Signals are mean squares.
 *
 * @example explainText(plan, tensor, derive(model, plan, tensor.name))
 */
export function explainText(
  plan: Plan,
  tensor: PlannedTensor,
  derivation: Derivation,
  { width = 100, theme = createTheme({ color: false }) }: ExplainOptions = {},
): string {
  const lines = wrapText(`${printable(tensor.name)} starts as ${describe(tensor.initializer)}`, width).map(
    theme.finding,
  );
  const about = `${formatShape(tensor.shape)}, ${tensor.op} ${tensor.role}, fan in ${tensor.fanIn}, out ${tensor.fanOut}; scheme ${plan.scheme}`;
  lines.push(...wrapText(printable(about), width).map(theme.quiet));
  const look = { width: Math.max(50, width), theme };
  for (const section of sectionsOf(derivation.steps)) {
    lines.push("", theme.finding(HEADINGS[section[0]!.section]));
    lines.push(...sectionLines(section, look));
  }
  const after = behaviour(plan, tensor);
  if (after !== null) lines.push(...hanging("", after, look));
  lines.push("", theme.finding("Why"), ...wrapText(derivation.why, width));
  return `${lines.join("\n")}\n`;
}

/** Runs of steps of one section. */
function sectionsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const sections: Step[][] = [];
  for (const step of steps) {
    const last = sections[sections.length - 1];
    if (last?.[0]?.section === step.section) last.push(step);
    else sections.push([step]);
  }
  return sections;
}

interface Look {
  readonly width: number;
  readonly theme: Theme;
}

function sectionLines(steps: readonly Step[], look: Look): readonly string[] {
  const hidden = steps.length - FIRST_SHOWN - LAST_SHOWN;
  const folds = hidden > 1;
  const shown = folds ? [...steps.slice(0, FIRST_SHOWN), ...steps.slice(-LAST_SHOWN)] : steps;
  const symbols = Math.max(...shown.map(({ symbol }) => textWidth(symbol)));
  const lines: string[] = [];
  shown.forEach((step, i) => {
    if (folds && i === FIRST_SHOWN) lines.push(...foldLines(steps.slice(FIRST_SHOWN, FIRST_SHOWN + hidden), look));
    lines.push(...stepLines(step, symbols, look));
  });
  return lines;
}

/** "… 14 steps alike: 7 × linear, 7 × relu; from 1.00 to 0.500". */
function foldLines(steps: readonly Step[], { theme, width }: Look): readonly string[] {
  const counts = new Map<string, number>();
  for (const { title } of steps) {
    const kind = title.replace(/^(linear|conv) .*/, "$1");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].map(([title, count]) => `${count} × ${title}`).join(", ");
  const ends = `${formatNumber(steps[0]!.result)} to ${formatNumber(steps[steps.length - 1]!.result)}`;
  const text = `… ${steps.length} steps alike: ${printable(kinds)}; from ${ends}`;
  return wrapText(text, width - 4).map((line, i) => theme.quiet(`${i === 0 ? "  " : "    "}${line}`));
}

const TITLE_WIDTH = 22;

function paintOf(section: Step["section"], theme: Theme): Paint {
  if (section === "input" || section === "outcome") return theme.forward;
  return section === "gradient" ? theme.gradient : theme.finding;
}

/** Title, then "symbol = formula", "= numbers", "= result", aligned at the equals signs. */
function stepLines(step: Step, symbolWidth: number, look: Look): readonly string[] {
  const { width, theme } = look;
  const margin = 2 + TITLE_WIDTH + 1;
  const indent = " ".repeat(margin + symbolWidth);
  const room = width - margin - symbolWidth - 3;
  const isCount = step.section === "fan" && Number.isInteger(step.result);
  const result = isCount ? String(step.result) : formatNumber(step.result);
  const title = truncateMiddle(printable(step.title), TITLE_WIDTH).padEnd(TITLE_WIDTH);
  const head = `  ${theme.quiet(title)} ${step.symbol.padStart(symbolWidth)}`;
  const paint = paintOf(step.section, theme);
  const source =
    step.source === null ? "" : theme.quiet(`   ${truncateMiddle(step.source, room - textWidth(result) - 3)}`);
  const isPlain = step.term.kind === "quantity" || step.formula === step.numbers;
  if (isPlain) {
    const name = step.term.kind === "quantity" ? `   ${step.term.meaning}` : "";
    const meaning = theme.quiet(truncateMiddle(printable(name), room - textWidth(result)));
    return [`${head} = ${paint(result)}${step.source === null ? meaning : source}`];
  }
  const [first = "", ...more] = broken(step.formula, room);
  return [
    `${head} = ${first}`,
    ...more.map((line) => `${indent}   ${line}`),
    ...broken(step.numbers, room).map((line, i) => `${indent} ${i === 0 ? "=" : " "} ${line}`),
    `${indent} = ${paint(result)}${source}`,
    ...notes(step, look, margin + symbolWidth + 3),
  ];
}

/** What a correction factor stands for is said once, under its step. */
function notes(step: Step, { width, theme }: Look, margin: number): readonly string[] {
  const said = quantities(step.term).filter(({ symbol }) => /^(κ|ρ|r|2·E|−2·E|E\[δ₂)/.test(symbol));
  const laws = step.term.kind === "moment" ? [] : momentsIn(step.term).map(lawOfMoment);
  return [...laws, ...said.map(({ symbol, meaning }) => `${symbol}: ${printable(meaning)}`)].flatMap((text) =>
    wrapText(text, width - margin).map((line) => " ".repeat(margin) + theme.quiet(line)),
  );
}

/** A long line is broken before an operator. */
function broken(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of text.split(/(?= [+−] |·)/)) {
    if (line !== "" && textWidth(line) + textWidth(part) > room) {
      lines.push(line);
      line = part.trimStart();
    } else line += part;
  }
  return [...lines, line].map((each) => truncateMiddle(each, room));
}

function hanging(label: string, text: string, { width }: Look): readonly string[] {
  const indent = 2 + TITLE_WIDTH + 1;
  return wrapText(text, width - indent).map(
    (line, i) => (i === 0 ? `  ${label.padEnd(TITLE_WIDTH)} ` : " ".repeat(indent)) + line,
  );
}

/** The activation that follows, with the shares of units that it silences. */
function behaviour(plan: Plan, tensor: PlannedTensor): string | null {
  const layer = plan.layers.find(({ weight }) => weight === tensor.name);
  if (layer === undefined || layer.activation === null) return null;
  const saturated = saturatedShare(layer);
  const shares = [
    saturated === null ? null : `${formatShare(saturated)} of the units saturated`,
    layer.dead === null ? null : `${formatShare(layer.dead)} flat at one input`,
  ].filter((share) => share !== null);
  return `then ${[layer.activation, ...shares].join(", ")}`;
}

/** The document of `epoch0 explain --json`. */
export function explainDocument(plan: Plan, tensor: PlannedTensor, { steps, why }: Derivation) {
  return {
    schema: "epoch0.explain/1",
    scheme: plan.scheme,
    tensor,
    layer: plan.layers.find((candidate) => candidate.weight === tensor.name) ?? null,
    steps: steps.map(({ term, ...step }) => ({
      ...step,
      operands: quantities(term).map(({ symbol, value, meaning }) => ({ symbol, value, meaning })),
    })),
    why,
  };
}
