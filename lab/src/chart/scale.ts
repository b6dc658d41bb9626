/** Numbers → places: log scales with 1 always in sight, linear ones, and their ticks. */

export type Interval = readonly [number, number];
export type Scale = (value: number) => number;

/** A log axis can show positive finite numbers only. */
export const drawable = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && value > 0 && Number.isFinite(value);

/** The powers of ten that hold all the values, 1, and a decade on each side of it. */
export function logDomain(values: readonly number[]): Interval {
  let [low, high] = [0.1, 10];
  for (const value of values) {
    if (!drawable(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // A value a rounding error beyond a power of ten does not open another decade.
  const whole = (exponent: number) => 10 ** Math.max(-300, Math.min(300, exponent));
  return [whole(Math.floor(Math.log10(low) + 1e-9)), whole(Math.ceil(Math.log10(high) - 1e-9))];
}

export function logScale([low, high]: Interval, [from, to]: Interval): Scale {
  const [a, b] = [Math.log(low), Math.log(high)];
  return (value) => from + ((Math.log(value) - a) / (b - a)) * (to - from);
}

export function linearScale([low, high]: Interval, [from, to]: Interval): Scale {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Powers of ten in the domain, at most about `most`, 1 among them. */
export function logTicks([low, high]: Interval, most = 6): readonly number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first) / most));
  const ticks: number[] = [];
  for (let exponent = Math.ceil(first / every) * every; exponent <= last; exponent += every) ticks.push(10 ** exponent);
  return ticks;
}

/** Round numbers in the domain, about `most` of them. */
export function linearTicks([low, high]: Interval, most = 6): readonly number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? rough;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Layers to name on an axis: the first, the last, round numbers between. */
export function layerTicks(layers: number, most = 6): readonly number[] {
  if (layers <= most + 2) return Array.from({ length: layers }, (_, i) => i + 1);
  const inner = linearTicks([1, layers], most).filter((tick) => tick > 1 && tick < layers);
  const gap = (inner[1] ?? layers) - (inner[0] ?? 1);
  return [1, ...inner.filter((tick) => tick - 1 > gap / 2 && layers - tick > gap / 2), layers];
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 0.01, 1, 100, 10⁻²⁵. */
export function powerLabel(value: number): string {
  const exponent = Math.round(Math.log10(value));
  if (Math.abs(exponent) <= 2) return String(Number((10 ** exponent).toPrecision(1)));
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}
