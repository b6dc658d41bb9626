/** Observable Plot without a browser, and what all figures share. */

import type * as PlotModule from "@observablehq/plot";
import type { Axis } from "../../reproduce/index.ts";
import { formatNumber } from "../number.ts";

export interface Drawing {
  readonly Plot: typeof PlotModule;
  readonly document: Document;
}

export async function drawing(): Promise<Drawing> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return { Plot, document };
}

export const FONT = { fontSize: "13px", fontFamily: "inherit" } as const;

/** linkedom prints an SVG as HTML would; the namespace is said once, and the drawing described to those who do not see it. */
export function svgOf(element: { readonly outerHTML: string }, description: string): string {
  const label = description.replace(/[<>&"]/g, " ");
  return element.outerHTML.replace(
    /^<svg(?![^>]*xmlns)/,
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${label}"`,
  );
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Ticks of a log axis at powers of ten; those between are left bare. */
export function powerOfTen(value: number): string {
  const exponent = Math.log10(value);
  if (Math.abs(exponent - Math.round(exponent)) > 1e-9) return "";
  if (Math.abs(exponent) < 3.5) return String(Number(value.toPrecision(1)));
  const digits = [...String(Math.abs(Math.round(exponent)))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

export function shortNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
  return formatNumber(value, { digits: 2 })
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

/** Values that an axis can show. */
export function drawable(axis: Axis): (value: number | undefined) => value is number {
  return (value): value is number => value !== undefined && Number.isFinite(value) && (!axis.log || value > 0);
}

/** Ends of an axis: the values', a little wider; a log axis spans a decade at least, so that its ticks have numbers. */
export function domainOf(axis: Axis, values: readonly number[]): [number, number] {
  const drawn = values.filter(drawable(axis));
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  if (drawn.length === 0) return axis.log ? [0.1, 10] : [0, 1];
  if (axis.log) {
    const room = (high / low) ** 0.04;
    const short = high / low < 10 ? Math.sqrt(10 / (high / low)) : 1;
    return [low / room / short, high * room * short];
  }
  const room = high > low ? 0.04 * (high - low) : Math.abs(high) || 1;
  return [low - room, high + room];
}

/** Log ticks thin out where there are many decades: Plot labels what `powerOfTen` names. */
export function logTicks([low, high]: readonly [number, number], most: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, i) => 10 ** (first + i * step));
}
