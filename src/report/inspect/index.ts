/** `epoch0 inspect`: the finding, then a line for every parameter; all that is known where few are asked for. */

import type { InspectedTensor, Inspection } from "../../check/inspect.ts";
import { formatCount, formatNumber, formatShape, formatShare, plural } from "../number.ts";
import { type Cell, type Column, printable, renderTable, wrapText } from "../table.ts";
import { createTheme, type Theme } from "../theme.ts";
import { estimated, histogramText, likenessText, troubleText } from "./likeness.ts";

export interface InspectReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

interface Look {
  readonly width: number;
  readonly theme: Theme;
}

/** Up to this many tensors are told in full. */
const FEW = 3;
const HISTOGRAM_CELLS = 12;
/** From here on there is room for every column. */
const WIDE = 150;
const NARROW = 90;

interface Part {
  readonly column: Column;
  readonly cell: (row: InspectedTensor, theme: Theme) => Cell;
  readonly from?: number;
}

const PARTS: readonly Part[] = [
  { column: { title: "parameter", shrinkTo: 14 }, cell: ({ name }) => name },
  { column: { title: "role" }, cell: ({ role }) => role, from: WIDE },
  { column: { title: "shape", shrinkTo: 8 }, cell: ({ shape }) => formatShape(shape) },
  { column: { title: "fans" }, cell: fans, from: WIDE },
  { column: { title: "mean", align: "decimal" }, cell: ({ mean }) => formatNumber(mean, { digits: 2 }), from: WIDE },
  {
    column: { title: "std", align: "decimal" },
    cell: ({ std }) => ({ text: formatNumber(std), paint: (text) => text }),
  },
  {
    column: { title: "·√fan", align: "decimal" },
    cell: ({ scaledStd }) => (scaledStd === null ? "" : formatNumber(scaledStd)),
  },
  { column: { title: "min", align: "decimal" }, cell: ({ min }) => formatNumber(min, { digits: 2 }), from: WIDE },
  { column: { title: "max", align: "decimal" }, cell: ({ max }) => formatNumber(max, { digits: 2 }), from: WIDE },
  { column: { title: "norm", align: "decimal" }, cell: (row, theme) => spectral(row, theme, "norm"), from: NARROW },
  { column: { title: "rank", align: "right" }, cell: (row, theme) => spectral(row, theme, "rank"), from: NARROW },
  {
    column: { title: "histogram" },
    cell: (row, theme) => ({ text: histogramText(row, HISTOGRAM_CELLS), paint: theme.forward }),
  },
  { column: { title: "looks like", shrinkTo: 16 }, cell: looksLike },
];

function fans({ fanIn, fanOut }: InspectedTensor): string {
  return fanIn === null || fanOut === null ? "" : `${formatCount(fanIn)} → ${formatCount(fanOut)}`;
}

function spectral({ spectrum }: InspectedTensor, _: Theme, what: "norm" | "rank"): Cell {
  if (!spectrum) return "";
  return what === "norm"
    ? estimated(spectrum.norm, spectrum.normError)
    : estimated(spectrum.effectiveRank, spectrum.rankError);
}

function looksLike(row: InspectedTensor, theme: Theme): Cell {
  const trouble = troubleText(row);
  if (row.nan + row.infinite > 0) return { text: trouble, paint: theme.danger };
  const text = likenessText(row);
  const whole = trouble === "" || row.likeness.family === "sparse" ? text : `${text}, ${trouble}`;
  return row.likeness.family === "unknown" ? { text: whole, paint: theme.quiet } : whole;
}

/**
 * The report of `epoch0 inspect`.
 *
 * @example inspectReport(inspect(model), { width: 120 })
 */
export function inspectReport(
  inspection: Inspection,
  { width = 100, theme = createTheme({ color: false }) }: InspectReportOptions = {},
): string {
  const look = { width, theme };
  const { model, tensors, absent } = inspection;
  const facts = `${printable(model.name)}: ${plural(model.parameters, "parameter")}, ${plural(model.scalars, "scalar")}`;
  const lines = [
    ...wrapText(facts, width).map(theme.quiet),
    "",
    ...wrapText(inspectionFinding(tensors), width).map(theme.finding),
  ];
  if (tensors.length > FEW) lines.push("", ...table(tensors, look));
  else for (const tensor of tensors) lines.push("", ...details(tensor, look));
  if (absent.length > 0) {
    lines.push(
      "",
      ...wrapText(`without values in the file: ${absent.join(", ")}`, width, { indent: "  " }).map(theme.quiet),
    );
  }
  return `${lines.join("\n")}\n`;
}

function table(tensors: readonly InspectedTensor[], { width, theme }: Look): string[] {
  const parts = PARTS.filter(({ from = 0 }) => width >= from);
  const lines = renderTable(
    parts.map(({ column }) => column),
    tensors.map((row) => parts.map(({ cell }) => cell(row, theme))),
    { width, gap: width >= WIDE ? 2 : 1, titlePaint: theme.quiet },
  );
  const about = tensors.some(({ spectrum }) => (spectrum?.normError ?? 0) > 0.01 || (spectrum?.rankError ?? 0) > 0.01)
    ? " ≈: from a part of its lines, see --json for the error."
    : "";
  const meaning = `·√fan: std·√fan-in; norm: largest singular value; rank: effective rank (Σσ²)²/Σσ⁴; histogram from min to max.${about}`;
  return [...lines, "", ...wrapText(meaning, width).map(theme.quiet)];
}

/** Weights and tables: what a verdict over the whole file is about. */
const JUDGED = new Set(["weight", "embedding", "recurrent"]);

/** What all parameters look like together, in one sentence. */
export function inspectionFinding(
  tensors: readonly Pick<InspectedTensor, "name" | "role" | "nan" | "infinite" | "likeness">[],
): string {
  const infinite = tensors.filter(({ nan, infinite: other }) => nan + other > 0);
  if (infinite.length > 0)
    return `${plural(infinite.length, "parameter")} with numbers that are not finite: ${infinite[0]?.name} first`;
  const weights = tensors.filter(({ role }) => JUDGED.has(role));
  const trained = weights.filter(({ likeness }) => likeness.family === "trained").length;
  const unknown = weights.filter(({ likeness }) => likeness.family === "unknown").length;
  if (weights.length === 0) return "no weights among the parameters";
  const all = weights.length === 1 ? "the weight is" : `all ${formatCount(weights.length)} weights are`;
  if (trained === weights.length) return `${all} trained: no initialization has such numbers`;
  if (unknown === weights.length) return `what ${all} from cannot be told`;
  const drawn = weights.length - trained - unknown;
  const rest = [
    trained > 0 ? `${formatCount(trained)} trained` : "",
    unknown > 0 ? `${formatCount(unknown)} that cannot be told` : "",
  ].filter((text) => text !== "");
  const subject = rest.length === 0 ? all : `of ${formatCount(weights.length)} weights ${formatCount(drawn)} are`;
  return [`${subject} as drawn: ${schemesOf(weights)}`, ...rest].join("; ");
}

/** The scheme that most weights agree on, or the families. */
function schemesOf(weights: readonly Pick<InspectedTensor, "likeness">[]): string {
  const counts = new Map<string, number>();
  for (const { likeness } of weights) {
    if (likeness.family === "unknown" || likeness.family === "trained") continue;
    const name = likeness.schemes[0] ?? likeness.family;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  const fresh = weights.filter(({ likeness }) => "initializer" in likeness).length;
  const [best] = ranked;
  if (!best) return "nothing";
  if (best[1] === fresh) return best[0];
  return ranked
    .slice(0, 3)
    .map(([name, count]) => `${name} (${formatCount(count)})`)
    .join(", ");
}

/** Everything about one tensor, a line a fact. */
function details(row: InspectedTensor, { width, theme }: Look): string[] {
  const { likeness, spectrum, count } = row;
  const facts: [string, string][] = [
    ["shape", `${formatShape(row.shape)}, ${row.dtype}, ${row.role}${row.op === "unknown" ? "" : ` of ${row.op}`}`],
    ["fans", fans(row)],
    ["mean", formatNumber(row.mean)],
    ["std", `${formatNumber(row.std)}${row.scaledStd === null ? "" : `, ·√fan-in ${formatNumber(row.scaledStd)}`}`],
    ["range", `${formatNumber(row.min)} … ${formatNumber(row.max)}`],
    [
      "shape moments",
      `skewness ${formatNumber(row.skewness)}, kurtosis ${formatNumber(row.kurtosis)} (normal 3, uniform 1.8)`,
    ],
    [
      "zeros",
      row.zeros === 0
        ? "none"
        : `${formatCount(row.zeros)} of ${formatCount(count)}, ${formatShare(row.zeros / count)}`,
    ],
    [
      "not finite",
      row.nan + row.infinite === 0 ? "none" : `${formatCount(row.nan)} NaN, ${formatCount(row.infinite)} infinite`,
    ],
  ];
  if (spectrum) {
    const { norm, normError, effectiveRank, rankError, lines } = spectrum;
    const from = lines.used === lines.of ? "" : `, from ${formatCount(lines.used)} of ${formatCount(lines.of)} lines`;
    facts.push(["spectral norm", `${formatNumber(norm)} ± ${formatShare(normError)}${from}`]);
    facts.push(["effective rank", `${formatNumber(effectiveRank)} ± ${formatShare(rankError)}`]);
  }
  facts.push(["histogram", histogramText(row, 24)]);
  facts.push(["looks like", likenessText(row)]);
  if ("schemes" in likeness && likeness.schemes.length > 1)
    facts.push(["also fits", likeness.schemes.slice(1).join(", ")]);
  if ("confidence" in likeness) facts.push(["confidence", formatShare(likeness.confidence)]);
  if (likeness.family === "trained") facts.push(["because", likeness.why]);
  const label = 16;
  return [
    theme.finding(printable(row.name)),
    ...facts
      .filter(([, text]) => text !== "")
      .flatMap(([name, text]) => {
        const [head = "", ...rest] = wrapText(text, width - label - 2);
        const first = `  ${theme.quiet(name.padEnd(label))}${name === "histogram" ? theme.forward(text) : head}`;
        return [first, ...rest.map((line) => " ".repeat(label + 2) + line)];
      }),
  ];
}
