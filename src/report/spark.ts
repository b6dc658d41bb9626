/** A bar on a log axis with 1 in the middle: how far a signal is from where it should be, at a glance. */

import type { Cell } from "./table.ts";
import type { Paint } from "./theme.ts";

export interface BarOptions {
  /** Cells in all, odd: the middle cell is 1. Default 9. */
  readonly width?: number;
  /** Decades from the middle to either end. */
  readonly decades: number;
  readonly paint: Paint;
  readonly axisPaint: Paint;
  /** A measurement, drawn as a dot on the same axis. */
  readonly measured?: number;
}

/** Decades that hold every value: 1, 2, 3, 6, 12, … so that bars of one column compare and a level column stays quiet. */
export function decadesFor(values: readonly number[]): number {
  const farthest = values.reduce((most, value) => {
    const distance = Math.abs(Math.log10(value));
    return Number.isFinite(distance) && distance > most ? distance : most;
  }, 0);
  return [1, 2, 3, 6, 12, 24, 48, 96, 192].find((decades) => farthest <= decades) ?? 384;
}

/**
 * A table cell: `━━━┃    ` falls, `   ┃━━━ ` grows; `●` is the measurement; `◂` and `▸` mark what lies beyond the axis (0, ∞, NaN).
 *
 * Half cells are used, so a bar of 9 cells has 8 steps to either side.
 */
export function logBar(value: number, { width = 9, decades, paint, axisPaint, measured }: BarOptions): Cell {
  const half = (width - 1) / 2;
  const cells: { text: string; painted: boolean }[] = Array.from({ length: width }, (_, i) => ({
    text: i === half ? "┃" : " ",
    painted: false,
  }));
  const put = (index: number, text: string) => {
    cells[index] = { text, painted: true };
  };
  const position = (Math.log10(value) / decades) * half;
  if (Number.isNaN(value)) put(half, "?");
  else if (position < -half - 1e-9) {
    for (let i = 1; i < half; i++) put(i, "━");
    put(0, "◂");
  } else if (position > half + 1e-9) {
    for (let i = half + 1; i < width - 1; i++) put(i, "━");
    put(width - 1, "▸");
  } else {
    const steps = Math.round(Math.abs(position) * 2);
    for (let step = 0; step < steps; step += 2) {
      const cell = position < 0 ? half - 1 - step / 2 : half + 1 + step / 2;
      put(cell, step + 1 < steps ? "━" : position < 0 ? "╺" : "╸");
    }
  }
  if (measured !== undefined && measured > 0 && Number.isFinite(measured)) {
    const dot = half + Math.round((Math.log10(measured) / decades) * half);
    put(Math.min(width - 1, Math.max(0, dot)), "●");
  }
  return { text: cells.map((cell) => cell.text).join(""), paint: () => joinRuns(cells, paint, axisPaint) };
}

function joinRuns(cells: readonly { text: string; painted: boolean }[], paint: Paint, axisPaint: Paint): string {
  let out = "";
  for (let i = 0; i < cells.length; ) {
    const painted = cells[i]?.painted ?? false;
    let run = "";
    for (; i < cells.length && cells[i]?.painted === painted; i++) run += cells[i]?.text ?? "";
    out += run.trim() === "" ? run : painted ? paint(run) : axisPaint(run);
  }
  return out;
}
