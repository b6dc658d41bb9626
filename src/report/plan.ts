/** The plan as a person reads it in a terminal: the finding, then the layers in order, then what else was decided and why. */

import { describe } from "../init/index.ts";
import type { Plan, PlannedLayer, PlannedTensor } from "../plan/types.ts";
import { foldLayers } from "./fold.ts";
import { groupParameters, groupReasons } from "./groups.ts";
import { formatCount, formatNumber, formatShare, plural } from "./number.ts";
import { decadesFor, logBar } from "./spark.ts";
import { type Cell, type Column, printable, renderTable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";
import { verdictOf } from "./verdict.ts";

/** Measured mean squares of one layer, to be drawn as dots on the predicted bars. */
export interface MeasuredLayer {
  readonly forward: number;
  readonly gradient: number | null;
}

export interface PlanReportOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
  /** By weight. */
  readonly measured?: ReadonlyMap<string, MeasuredLayer>;
  /** Tell the reason of every kind of choice. Default true. */
  readonly reasons?: boolean;
}

/** From here on repeated blocks are shown once. */
const FOLD_FROM = 72;
const MOST_WARNINGS = 8;
const SATURATION_SHOWN = 0.2;
const DEAD_SHOWN = 0.6;

/**
 * The report of `epoch0 plan`: text of lines no wider than `width` (names are cut in the middle).
 *
 * @example planReport(plan, { width: 80 })
 */
export function planReport(
  plan: Plan,
  { width = 100, theme = createTheme({ color: false }), measured = new Map(), reasons = true }: PlanReportOptions = {},
): string {
  const lines = [...heading(plan, width, theme)];
  if (plan.layers.length > 0) lines.push("", ...layerTable(plan, { width, theme, measured }));
  const weights = new Set(plan.layers.map((layer) => layer.weight));
  const others = plan.tensors.filter((tensor) => !weights.has(tensor.name));
  if (others.length > 0) lines.push("", ...otherTable(others, { width, theme, hasLayers: plan.layers.length > 0 }));
  if (reasons && plan.tensors.length > 0) lines.push("", ...reasonLines(plan.tensors, { width, theme }));
  lines.push(...warningLines(plan, { width, theme }));
  return `${lines.join("\n")}\n`;
}

function heading(plan: Plan, width: number, theme: Theme): string[] {
  const { model } = plan;
  const facts = `${printable(model.name)}: ${plural(model.parameters, "parameter")}, ${plural(model.scalars, "scalar")}; scheme ${plan.scheme}, seed ${plan.seed}`;
  return [
    ...wrapText(facts, width).map(theme.quiet),
    "",
    ...wrapText(verdictOf(plan).title, width).map((line) => theme.finding(line)),
  ];
}

interface Look {
  readonly width: number;
  readonly theme: Theme;
}

function layerTable(plan: Plan, look: Look & { readonly measured: ReadonlyMap<string, MeasuredLayer> }): string[] {
  const { width, theme, measured } = look;
  const tensors = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const rows =
    plan.layers.length >= FOLD_FROM
      ? foldLayers(plan.layers, tensors)
      : plan.layers.map((layer) => ({ ...layer, label: layer.weight }));
  const dots = [...measured.values()];
  const forwardDecades = decadesFor([...rows.map((row) => row.output.secondMoment), ...dots.map((dot) => dot.forward)]);
  const gradientDecades = decadesFor([
    ...rows.map((row) => row.gradient.secondMoment),
    ...dots.flatMap((dot) => (dot.gradient === null ? [] : [dot.gradient])),
  ]);
  const barWidth = width >= 110 ? 13 : 9;
  const columns: Column[] = [
    { title: "layer", shrinkTo: 10 },
    { title: "fan", align: "right" },
    { title: "initializer", shrinkTo: 11 },
    { title: "std", align: "decimal" },
    { title: "forward", align: "decimal" },
    { title: "" },
    { title: "gradient", align: "decimal" },
    { title: "" },
    { title: "then", shrinkTo: 6 },
  ];
  const cells = rows.map((row): Cell[] => {
    const tensor = tensors.get(row.weight);
    const dot = measured.get(row.weight);
    const bar = (value: number, decades: number, paint: Theme["forward"], point: number | null | undefined) =>
      logBar(value, {
        width: barWidth,
        decades,
        paint,
        axisPaint: theme.theory,
        ...(point === null || point === undefined ? {} : { measured: point }),
      });
    return [
      row.label,
      tensor === undefined ? "" : `${tensor.fanIn} → ${tensor.fanOut}`,
      tensor === undefined ? "" : describe(tensor.initializer),
      tensor === undefined ? "" : formatNumber(tensor.std),
      { text: formatNumber(row.output.secondMoment), paint: theme.forward },
      bar(row.output.secondMoment, forwardDecades, theme.forward, dot?.forward),
      { text: formatNumber(row.gradient.secondMoment), paint: theme.gradient },
      bar(row.gradient.secondMoment, gradientDecades, theme.gradient, dot?.gradient),
      thenCell(row, theme),
    ];
  });
  const span = (decades: number) => `1e−${decades} … 1e${decades}`;
  const legend = `forward: mean square of the layer's output before its activation; gradient: of ∂L/∂(that output). Bars: log scale around 1 (┃), ${span(forwardDecades)} and ${span(gradientDecades)}${measured.size > 0 ? "; ● measured" : ""}.`;
  const table = renderTable(columns, cells, { width, gap: width >= 110 ? 2 : 1, titlePaint: theme.quiet });
  return [...table, "", ...wrapText(legend, width).map(theme.quiet)];
}

function thenCell(row: PlannedLayer, theme: Theme): Cell {
  if (row.activation === null) return "";
  if ((row.saturated ?? 0) >= SATURATION_SHOWN) {
    return { text: `${row.activation}, ${formatShare(row.saturated ?? 0)} saturated`, paint: theme.danger };
  }
  if ((row.dead ?? 0) >= DEAD_SHOWN) {
    return { text: `${row.activation}, ${formatShare(row.dead ?? 0)} dead`, paint: theme.danger };
  }
  return row.activation;
}

function otherTable(tensors: readonly PlannedTensor[], look: Look & { readonly hasLayers: boolean }): string[] {
  const rows = groupParameters(tensors).map((group): Cell[] => {
    const first = group.tensors[0]?.name ?? "";
    const last = group.tensors.at(-1)?.name ?? "";
    const names = group.tensors.length === 1 ? first : `${first}${group.tensors.length === 2 ? ", " : " … "}${last}`;
    return [`${group.op} ${group.role}`, formatCount(group.tensors.length), group.initializer, names];
  });
  const title = look.hasLayers ? "other parameters" : "parameters";
  return renderTable(
    [
      { title },
      { title: "count", align: "right" },
      { title: "initializer", shrinkTo: 12 },
      { title: "names", shrinkTo: 16 },
    ],
    rows,
    { width: look.width, titlePaint: look.theme.quiet },
  );
}

function reasonLines(tensors: readonly PlannedTensor[], { width, theme }: Look): string[] {
  const lines = [theme.quiet("why")];
  for (const { why, first, count } of groupReasons(tensors)) {
    const subject = count === 1 ? first : `${first} and ${formatCount(count - 1)} like it`;
    const [head = "", ...rest] = wrapText(`${subject}: ${why}`, width, { indent: "  " });
    lines.push(head, ...rest);
  }
  return lines;
}

function warningLines(plan: Plan, { width, theme }: Look): string[] {
  const warnings = plan.warnings.map(
    ({ message, where }) => `! ${where === undefined || message.includes(where) ? "" : `${where}: `}${message}`,
  );
  const unsupported = plan.unsupported.map(({ node, op, why }) => `! not understood: ${op} at ${node}: ${why}`);
  const all = [...unsupported, ...warnings];
  if (all.length === 0) return [];
  const shown = all.slice(0, MOST_WARNINGS).flatMap((text) => wrapText(text, width, { indent: "  " }));
  const rest = all.length - MOST_WARNINGS;
  if (rest > 0) shown.push(`! … and ${formatCount(rest)} more; --json lists all`);
  return ["", ...shown.map(theme.danger)];
}
