/** Numbers as a person reads them: three significant digits, ratios as ×0.33, counts with separators. */

/** Below and above these the exponent form is shorter than the zeros it replaces. */
const FIXED_FROM = 1e-3;
const FIXED_TO = 1e5;

/**
 * Three significant digits (`digits` to change): 0.0442, 1.00, 128, 3.10e-7. Whole numbers that need no rounding stay whole
 * only through {@link formatCount}. NaN and infinities are written NaN, ∞, −∞.
 *
 * @example formatNumber(0.04419) // "0.0442"
 */
export function formatNumber(value: number, { digits = 3 }: { readonly digits?: number } = {}): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const rounded = Number(size.toPrecision(digits));
  const sign = value < 0 ? "−" : "";
  if (rounded < FIXED_FROM || rounded >= FIXED_TO) return sign + exponentForm(rounded, digits);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  return sign + rounded.toFixed(decimals);
}

function exponentForm(size: number, digits: number): string {
  const [mantissa = "", exponent = "0"] = size.toExponential(digits - 1).split("e");
  return `${mantissa}e${exponent.replace("+", "")}`;
}

/**
 * A ratio: ×0.33, ×1.00, ×12, ×3.1e-7; two significant digits below 1 and above 10, where the third tells nothing.
 *
 * @example formatRatio(1 / 3) // "×0.33"
 */
export function formatRatio(value: number): string {
  const nearOne = value >= 0.9995 && value < 9.95;
  return `×${formatNumber(value, { digits: nearOne ? 3 : 2 })}`;
}

/** A factor in a sentence: 3.1, 12, 2.0: two significant digits, never below 1 (pass the larger over the smaller). */
export function formatFactor(value: number): string {
  return formatNumber(value, { digits: 2 });
}

/** 25557032 → "25,557,032". */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Bytes in decimal units: 512 B, 139 kB, 102 MB. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : formatNumber(value)} ${units[unit]}`;
}

/** A share in 0…1 as a percentage: "37 %", "0.2 %", "0 %". */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return formatNumber(share);
  const percent = share * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  return `${percent < 10 ? Number(percent.toPrecision(2)) : Math.round(percent)} %`;
}

/** A shape: "128×64", "64×3×7×7", "scalar". */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/** Seconds: 0.42 s, 12.3 s, 2 min 05 s. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${formatNumber(seconds, { digits: seconds < 1 ? 2 : 3 })} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds - minutes * 60);
  return rest === 60 ? `${minutes + 1} min 00 s` : `${minutes} min ${String(rest).padStart(2, "0")} s`;
}

/** "1 layer", "4 layers". */
export function plural(count: number, word: string, words = `${word}s`): string {
  return `${formatCount(count)} ${count === 1 ? word : words}`;
}
