/** What a plan's numbers say, in one sentence: the title of every report is this finding. */

import type { Plan } from "../plan/types.ts";
import { formatFactor, formatNumber, formatShare, plural } from "./number.ts";
import { saturatedShare } from "./units.ts";

export interface Trend {
  /** Geometric mean factor from one layer to the next in the direction of travel (least squares of the logarithm). */
  readonly perLayer: number;
  /** Largest over smallest. */
  readonly range: number;
  /** Share of the logarithm's variance that a constant factor a layer explains, 0…1. */
  readonly explained: number;
  readonly layers: number;
}

export interface Verdict {
  readonly title: string;
  readonly level: "level" | "uneven" | "broken";
  readonly forward: Trend | null;
  readonly gradient: Trend | null;
}

/** Under a tenfold difference over the whole depth, training starts alike in every layer. */
const LEVEL_RANGE = 10;
/**
 * Without a trend a difference is only worth a word from here on: a gradient is spread over positions and channels, so that
 * widths and map sizes alone (ResNet-50: 112² to 7² positions, 64 to 2048 channels) make differences of some thousands.
 */
const UNEVEN_RANGE = 1e5;
/** A threefold step at every layer is steep however few the layers are. */
const STEEP = 3;
/** A factor a layer is only spoken of where it explains most of what is seen. */
const TREND_EXPLAINS = 0.7;
/** Shares of saturated or dead units from here on belong in the title. */
const MANY_UNITS = 0.5;

/** The trend of positive finite values along their order; null for fewer than two of them. */
export function trendOf(values: readonly number[]): Trend | null {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log);
  const n = logs.length;
  if (n < 2) return null;
  const middle = (n - 1) / 2;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  let across = 0;
  let along = 0;
  let total = 0;
  logs.forEach((log, i) => {
    along += (i - middle) * (log - mean);
    across += (i - middle) ** 2;
    total += (log - mean) ** 2;
  });
  const slope = along / across;
  return {
    perLayer: Math.exp(slope),
    range: Math.exp(Math.max(...logs) - Math.min(...logs)),
    explained: total === 0 ? 1 : (slope * along) / total,
    layers: n,
  };
}

/** The finding on one signal; null where it is level, or too little is known. */
function speakOf(subject: string, trend: Trend | null): string | null {
  if (trend === null) return null;
  const factor = Math.max(trend.perLayer, 1 / trend.perLayer);
  const much = trend.range >= LEVEL_RANGE || factor >= STEEP;
  if (much && trend.explained >= TREND_EXPLAINS) {
    return `${subject} ${trend.perLayer < 1 ? "falls" : "grows"} ${formatFactor(factor)}× a layer`;
  }
  return trend.range < UNEVEN_RANGE ? null : `${subject} differs ${formatFactor(trend.range)}× between layers`;
}

/**
 * The finding on one signal as a title, level or not.
 *
 * @example signalFinding("The gradient", trend) // "The gradient falls 3.1× a layer"
 */
export function signalFinding(subject: string, trend: Trend | null): string {
  if (trend === null) return `${subject}, layer by layer`;
  const spoken = speakOf(subject, trend);
  if (spoken !== null) return spoken;
  if (trend.range < LEVEL_RANGE) return `${subject} stays level${withinOf(trend.range)}`;
  return `${subject} has no trend with depth${withinOf(trend.range)}`;
}

/** Nothing where rounding would say "within 1.0×". */
function withinOf(range: number): string {
  return range < 1.05 ? "" : `, within ${formatFactor(range)}×`;
}

function brokenLayer(plan: Plan): string | null {
  for (const { weight, output, gradient } of plan.layers) {
    if (output.secondMoment === 0) return `No signal reaches past ${weight}: its pre-activation is 0`;
    if (!Number.isFinite(output.secondMoment)) return `The forward signal overflows at ${weight}`;
    if (!Number.isFinite(gradient.secondMoment)) return `The gradient overflows at ${weight}`;
  }
  const cut = [...plan.layers].reverse().find((layer) => layer.gradient.secondMoment === 0);
  return cut === undefined ? null : `No gradient reaches ${cut.weight}: what comes before it cannot learn`;
}

function unitsLost(plan: Plan): string | null {
  const saturated = plan.layers.reduce((most, layer) => Math.max(most, saturatedShare(layer) ?? 0), 0);
  if (saturated >= MANY_UNITS) return `${formatShare(saturated)} of a layer's units are saturated`;
  // ReLU is flat on half its inputs by design; only more than that is a loss.
  const dead = plan.layers.reduce((most, layer) => Math.max(most, layer.dead ?? 0), 0);
  return dead >= 0.75 ? `${formatShare(dead)} of a layer's units are dead` : null;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function levelTitle(layers: number, forward: Trend | null, gradient: Trend | null): string {
  const over = plural(layers, "layer");
  const [signal, back] = [forward?.range ?? 1, gradient?.range ?? 1];
  if (Math.max(signal, back) < LEVEL_RANGE) {
    return `Forward signal and gradient stay level over ${over}${withinOf(Math.max(signal, back))}`;
  }
  return `Over ${over}: ${signalFinding("the forward signal", forward)}; ${signalFinding("the gradient", gradient)}`;
}

/**
 * The finding of a plan. Signals are mean squares; the forward trend runs from input to output, the gradient's from output
 * to input. From three layers on the last is left out: a readout is small on purpose, and its own gradient is given.
 *
 * @example verdictOf(plan).title // "The gradient falls 3.1× a layer"
 */
export function verdictOf(plan: Plan): Verdict {
  const inner = plan.layers.length > 2 ? plan.layers.slice(0, -1) : plan.layers;
  const forward = trendOf(inner.map((layer) => layer.output.secondMoment));
  const gradient = trendOf(inner.map((layer) => layer.gradient.secondMoment).reverse());
  if (plan.layers.length === 0) {
    return { title: "Nothing can be predicted: the file has no graph", level: "uneven", forward, gradient };
  }
  const broken = brokenLayer(plan);
  if (broken !== null) return { title: broken, level: "broken", forward, gradient };
  const spoken = [speakOf("the gradient", gradient), speakOf("the forward signal", forward), unitsLost(plan)].filter(
    (part) => part !== null,
  );
  if (spoken.length > 0) return { title: capital(spoken.join(", ")), level: "uneven", forward, gradient };
  if (plan.layers.length === 1) {
    return {
      title: `One layer, pre-activation ${formatNumber(plan.layers[0]?.output.secondMoment ?? 0)}`,
      level: "level",
      forward,
      gradient,
    };
  }
  return { title: levelTitle(plan.layers.length, forward, gradient), level: "level", forward, gradient };
}
