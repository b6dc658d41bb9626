/** An activation's numbers as a person reads them in a terminal. */

import { formatFactor, formatNumber, formatShare } from "./number.ts";
import { printable, wrapText } from "./table.ts";
import { createTheme, type Theme } from "./theme.ts";

/** The part of `epoch0.gain/1` that the text shows (DESIGN 6.2). */
export interface GainFacts {
  readonly activation: string;
  readonly moments: { readonly mean: number; readonly secondMoment: number; readonly derivativeSecondMoment: number };
  readonly gain: number;
  readonly unitGain: number | null;
  readonly critical: { readonly weightVariance: number; readonly biasVariance: number; readonly q: number } | null;
  /** Where the signal is level: how an error of its size grows. */
  readonly level: { readonly q: number; readonly lyapunov: number; readonly tenfold: number };
  readonly saturation: { readonly saturated: number; readonly dead: number };
  readonly verdict: string;
}

export interface GainTextOptions {
  /** Columns of the terminal. Default 100. */
  readonly width?: number;
  readonly theme?: Theme;
}

const NUMBER_WIDTH = 12;
/** What a person types into code: seven digits are float32's. */
const DIGITS = 7;
/** A mean this small beside √E[φ²] is the rounding of an odd function's quadrature. */
const ROUNDING = 1e-14;
/** Forward and backward agree where one gain serves both within this. */
const AGREE = 1e-6;

/**
 * The report of `epoch0 gain`. All expectations are at Z ~ N(0, 1).
 *
 * @example gainText(gainReport(activationByName("relu"), {}))
 */
export function gainText(
  facts: GainFacts,
  { width = 100, theme = createTheme({ color: false }) }: GainTextOptions = {},
): string {
  const { moments, gain, unitGain, critical, level, saturation } = facts;
  const lines = wrapText(findingOf(facts), width).map(theme.finding);
  lines.push("");
  const say = (value: string, text: string, paint: Theme["forward"] = (plain) => plain) => {
    const [head = "", ...rest] = wrapText(text, width - NUMBER_WIDTH);
    lines.push(
      paint(value.padEnd(NUMBER_WIDTH - 1)) + (head === "" ? "" : ` ${head}`),
      ...rest.map((line) => " ".repeat(NUMBER_WIDTH) + line),
    );
  };
  const number = (value: number) => formatNumber(value, { digits: DIGITS });
  const mean = Math.abs(moments.mean) < ROUNDING * Math.sqrt(moments.secondMoment) ? 0 : moments.mean;
  say(number(mean), "E[φ(Z)], the mean it adds");
  say(number(moments.secondMoment), "E[φ(Z)²], what is left of the forward signal", theme.forward);
  say(number(moments.derivativeSecondMoment), "E[φ′(Z)²], what is left of the gradient", theme.gradient);
  say(number(gain), `gain 1/√E[φ(Z)²]: std(W) = ${formatNumber(gain)}/√fan-in keeps the forward signal`, theme.forward);
  const chi = moments.derivativeSecondMoment / moments.secondMoment;
  say(number(chi), "χ₁ at that gain: the gradient's factor a layer (1 is level)", theme.gradient);
  if (unitGain === null) say("none", "no standard deviation of z gives E[φ(z)²] = 1");
  else say(number(unitGain), "standard deviation of z at which E[φ(z)²] = 1");
  if (critical === null)
    say("none", "no critical point: no weight variance keeps signal and gradient level together at this bias variance");
  else {
    const { weightVariance, biasVariance, q } = critical;
    say(
      number(weightVariance),
      `critical fan-in·Var(W) at bias variance ${formatNumber(biasVariance)}: χ₁ = 1 at the fixed point q = ${formatNumber(q)}`,
    );
  }
  const growth = Math.exp(level.lyapunov);
  if (Number.isFinite(growth))
    say(
      number(growth),
      `growth of an error of the signal a layer, at variance ${formatNumber(level.q)}: ${tenfold(level.tenfold)}`,
    );
  say(
    formatShare(saturation.saturated),
    `of the units saturated at variance 1 (slope under 1/20 of the steepest), ${formatShare(saturation.dead)} flat`,
    saturation.dead > 0 || saturation.saturated > 0.5 ? theme.danger : undefined,
  );
  lines.push("", ...wrapText(printable(facts.verdict), width));
  return `${lines.join("\n")}\n`;
}

const tenfold = (layers: number): string =>
  Number.isFinite(layers) ? `tenfold in ${formatNumber(layers)} layers` : "never tenfold";

function findingOf({ activation, moments, gain }: GainFacts): string {
  const name = printable(activation);
  if (!Number.isFinite(gain)) return `${name} lets no signal through: no gain can help`;
  const chi = moments.derivativeSecondMoment / moments.secondMoment;
  const starts = `${name}: gain ${formatNumber(gain, { digits: 4 })}`;
  if (chi === 0) return `${starts} keeps the forward signal; no gradient passes`;
  if (Math.abs(chi - 1) < AGREE) return `${starts} keeps the forward signal, and the gradient with it`;
  const factor = formatFactor(chi < 1 ? 1 / chi : chi);
  return `${starts} keeps the forward signal; the gradient then ${chi < 1 ? "falls" : "grows"} ${factor}× a layer`;
}
