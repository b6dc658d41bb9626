/** A race in sentences. */

import type { RaceResult, Ranked, Spread } from "../../race/index.ts";
import { formatNumber, formatShare } from "../number.ts";

export function list(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? "";
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The finding: who is ahead, and who did not get through. */
export function raceFinding({ ranking, data }: RaceResult): string {
  const ahead = ranking.filter(({ rank }) => rank === 1).map(({ scheme }) => scheme);
  const lost = ranking.filter((row) => row.diverged === row.runs).map(({ scheme }) => scheme);
  const tail = lost.length === 0 ? "" : `; ${list(lost)} diverged at every rate`;
  if (ranking.length === 1) return `${ahead[0]} on ${data.name}${tail}`;
  if (ahead.length === ranking.length) return `on ${data.name} no scheme is better than another beyond noise${tail}`;
  const verb = ahead.length === 1 ? "is ahead of the rest" : "are ahead of the rest, and level";
  return `${list(ahead)} ${verb} on ${data.name}${tail}`;
}

export function raceFacts({ data, settings, target }: RaceResult): string {
  const batch = `batches of ${settings.batch}`;
  const goal =
    target === null
      ? ""
      : `; target: ${"accuracy" in target ? `accuracy ${formatShare(target.accuracy)}` : `loss ${formatNumber(target.loss)}`}`;
  const inputs = data.standardised ? ", inputs standardised" : "";
  const rates =
    settings.learningRates === "auto"
      ? "each scheme's best learning rate of one grid"
      : settings.learningRates.length === 1
        ? `learning rate ${settings.learningRates[0]}`
        : `each scheme's best of the learning rates ${settings.learningRates.join(", ")}`;
  return `${data.train} rows to learn from, ${data.test} held out${inputs}; ${settings.steps} steps, ${batch}, ${settings.optimizer}, ${rates}, ${settings.seeds} ${settings.seeds === 1 ? "seed" : "seeds"}${goal}.`;
}

export function formatSpread(spread: Spread | null, show: (value: number) => string = formatNumber): string {
  if (spread === null) return "";
  return Number.isNaN(spread.std) ? show(spread.mean) : `${show(spread.mean)} ±${show(spread.std)}`;
}

export const formatPercent = (value: number): string => (100 * value).toFixed(1);

export function stepsCell({ stepsToTarget, reached, runs }: Ranked): string {
  if (stepsToTarget === null) return "never";
  return reached === runs ? String(stepsToTarget) : `${stepsToTarget} (${reached}/${runs})`;
}

export function rankingNote(result: RaceResult): string {
  const { seeds } = result.settings;
  const few = seeds < 4 ? ` With ${seeds} seeds no difference can be told from chance: give --seeds 5 or more.` : "";
  return `Equal ranks are ties: their losses differ no more than chance does (Mann-Whitney, 5 %).${few}`;
}
