/** The layers of a plan, one line each: what is drawn, and how far signal and gradient are from 1. */

import { describe } from "../init/index.ts";
import type { Plan, PlannedLayer, PlannedTensor } from "../plan/types.ts";
import { type FoldedLayer, foldLayers } from "./fold.ts";
import { shortLabels } from "./labels.ts";
import { formatNumber, formatShare } from "./number.ts";
import { decadesFor, logBar } from "./spark.ts";
import { type Cell, type Column, renderTable, wrapText } from "./table.ts";
import type { Theme } from "./theme.ts";
import { saturatedShare } from "./units.ts";

/** Measured mean squares of one layer, to be drawn as dots on the predicted bars. */
export interface MeasuredLayer {
  readonly forward: number;
  readonly gradient: number | null;
}

export interface LayerTableOptions {
  readonly width: number;
  readonly theme: Theme;
  /** By weight. */
  readonly measured: ReadonlyMap<string, MeasuredLayer>;
}

/** From here on repeated blocks are shown once. */
const FOLD_FROM = 72;
const SATURATION_SHOWN = 0.2;
const DEAD_SHOWN = 0.6;
/** Narrower terminals lose the bars' length first, then the columns that say least. */
const WIDE = 110;
const USUAL = 92;
const NARROW = 84;
const SMALL = 76;

interface Part {
  readonly column: Column;
  readonly cell: (row: FoldedLayer, tensor: PlannedTensor | undefined) => Cell;
  /** Terminals narrower than this do without. */
  readonly from?: number;
}

/** The table and, under it, what its bars mean. */
export function layerTable(plan: Plan, { width, theme, measured }: LayerTableOptions): string[] {
  const tensors = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const rows =
    plan.layers.length >= FOLD_FROM
      ? foldLayers(plan.layers, tensors)
      : plan.layers.map((layer) => ({ ...layer, label: layer.weight }));
  const labels = shortLabels(rows.map((row) => row.label));
  const forward = signalParts({
    title: "forward",
    predicted: (row) => row.output.secondMoment,
    measured: (row) => measured.get(row.weight)?.forward ?? null,
    rows,
    width,
    paint: theme.forward,
    axisPaint: theme.theory,
  });
  const gradient = signalParts({
    title: "gradient",
    predicted: (row) => row.gradient.secondMoment,
    measured: (row) => measured.get(row.weight)?.gradient ?? null,
    rows,
    width,
    paint: theme.gradient,
    axisPaint: theme.theory,
  });
  const all: Part[] = [
    { column: { title: "layer", shrinkTo: 10 }, cell: (row) => labels.of(row.label) },
    { column: { title: "fan", align: "right" }, cell: (_, tensor) => fans(tensor), from: NARROW },
    {
      column: { title: "initializer", shrinkTo: 11 },
      cell: (_, tensor) => (tensor ? shortly(tensor) : ""),
      from: SMALL,
    },
    { column: { title: "std", align: "decimal" }, cell: (_, tensor) => (tensor ? formatNumber(tensor.std) : "") },
    ...forward.parts,
    ...gradient.parts,
    { column: { title: "then", shrinkTo: 6 }, cell: (row) => thenCell(row, theme), from: NARROW },
  ];
  const parts = all.filter(({ from = 0 }) => width >= from);
  const table = renderTable(
    parts.map(({ column }) => column),
    rows.map((row) => parts.map(({ cell }) => cell(row, tensors.get(row.weight)))),
    { width, gap: width >= WIDE ? 2 : 1, titlePaint: theme.quiet },
  );
  const meaning =
    "forward: mean square of the layer's output before its activation; gradient: of ∂L/∂(that output). " +
    `Bars: log scale around 1 (┃), ${forward.span} and ${gradient.span}${measured.size > 0 ? "; ● measured" : ""}.${labels.cut === null ? "" : ` Names are without ${labels.cut}.`}`;
  return [...table, "", ...wrapText(meaning, width).map(theme.quiet)];
}

interface SignalOptions {
  readonly title: string;
  readonly predicted: (row: FoldedLayer) => number;
  readonly measured: (row: FoldedLayer) => number | null;
  readonly rows: readonly FoldedLayer[];
  readonly width: number;
  readonly paint: Theme["forward"];
  readonly axisPaint: Theme["theory"];
}

/** The number and the bar of one signal, on an axis that holds all of the column. */
function signalParts({ title, predicted, measured, rows, width, paint, axisPaint }: SignalOptions) {
  const decades = decadesFor(rows.flatMap((row) => [predicted(row), measured(row) ?? 1]));
  const cells = width >= WIDE ? 13 : width >= USUAL ? 9 : 5;
  const bar = (row: FoldedLayer) => {
    const dot = measured(row);
    return logBar(predicted(row), {
      width: cells,
      decades,
      paint,
      axisPaint,
      ...(dot === null ? {} : { measured: dot }),
    });
  };
  const parts: Part[] = [
    { column: { title, align: "decimal" }, cell: (row) => ({ text: formatNumber(predicted(row)), paint }) },
    { column: { title: "" }, cell: bar },
  ];
  return { parts, span: `1e−${decades} … 1e${decades}` };
}

/** Without bounds and the file's own statistics, for which a line has no room; the reasons and the page tell them. */
function shortly({ initializer }: PlannedTensor): string {
  return describe(initializer).replace(/( cut) at .*$| \(.*\)$/, "$1");
}

function fans(tensor: PlannedTensor | undefined): string {
  return tensor === undefined ? "" : `${tensor.fanIn} → ${tensor.fanOut}`;
}

function thenCell(row: PlannedLayer, theme: Theme): Cell {
  if (row.activation === null) return "";
  const saturated = saturatedShare(row) ?? 0;
  if (saturated >= SATURATION_SHOWN) {
    return { text: `${row.activation}, ${formatShare(saturated)} saturated`, paint: theme.danger };
  }
  if ((row.dead ?? 0) >= DEAD_SHOWN) {
    return { text: `${row.activation}, ${formatShare(row.dead ?? 0)} dead`, paint: theme.danger };
  }
  return row.activation;
}
