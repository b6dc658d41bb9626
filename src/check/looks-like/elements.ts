/** Independent elements: which family, which scale, which known rule, and whether anything speaks against it. */

import type { TensorStatistics, Values } from "../statistics/types.ts";
import { centredScore, centredTests, fitTests } from "./fit.ts";
import { independenceTests } from "./independence.ts";
import {
  bound,
  type ElementFamily,
  type ElementLaw,
  initializerOf,
  logLikelihood,
  SHAPES,
  type Sums,
  sumsOf,
} from "./laws.ts";
import { ranked } from "./ranked.ts";
import type { KnownLaw } from "./schemes.ts";
import { fisher } from "./tails.ts";
import type { Likeness, Test } from "./types.ts";

export interface ElementOptions {
  readonly rounding: number;
  readonly rowCentred: boolean;
  /** Elements of a row. */
  readonly rowLength: number;
  readonly known: readonly KnownLaw[];
  /** False where only known scales count: a vector of a few numbers fits some normal law whatever it went through. */
  readonly anyScale: boolean;
}

/** A fresh tensor fails one of about ten tests, or all of them together, at this level once in ten thousand times. */
const LEVEL = 1e-5;
/** Fewer numbers than this have no recognisable distribution. */
const FEWEST = 32;
/** A single law without free numbers can be refused by this many. */
const FEWEST_REFUSING = 4;
/** Uniform numbers that reach this little beyond a known edge have been moved; farther ones where the edge is blurred too. */
const MOVED = 1.05;
const MOVED_FAR = 1.5;
const BLURRED = 1e-3;
/** Standard errors that a scale may be off. */
const SCALE_ERRORS = 4.5;
/** Posterior odds of at least 9 : 1, or the family is not known. */
const SURE = 0.9;

const NO_RULE = "no known rule gives a vector of such numbers";

interface Candidate {
  readonly law: ElementLaw;
  readonly schemes: readonly string[];
  /** Log-likelihood less ½·ln n for every number that was fitted (Schwarz 1978). */
  readonly score: number;
}

interface Numbers {
  readonly sample: Values;
  /** Of the sample. */
  readonly sums: Sums;
  readonly count: number;
  readonly mean: number;
  readonly std: number;
  readonly kurtosis: number;
  readonly min: number;
  readonly max: number;
}

/** Relative standard error of a standard deviation from n numbers: √((K − 1)/4n). */
const scaleError = (kurtosis: number, count: number) => Math.sqrt((kurtosis - 1) / (4 * count));

/** ln(probability that the farthest of n numbers stays this far inside the edge). */
const EDGE_DENSITY: Readonly<Record<ElementFamily, number>> = { uniform: 1, "truncated-normal": 0.226, normal: 0 };

/** Does a law with all its numbers given agree with the numbers' size: bounds where it has some, spread otherwise? */
function agrees(law: ElementLaw, numbers: Numbers, { rounding, rowCentred }: ElementOptions): boolean {
  const { mean, count, std, min, max } = numbers;
  const { kurtosis } = SHAPES[law.family];
  const slack = rounding + SCALE_ERRORS * scaleError(kurtosis, count);
  if (Math.abs(Math.log(std / law.std)) > slack) return false;
  if (Math.abs(mean - law.mean) > SCALE_ERRORS * (law.std / Math.sqrt(count)) + rounding * law.std) return false;
  const edge = bound(law);
  if (!Number.isFinite(edge) || rowCentred) return true;
  const farthest = Math.max(max - law.mean, law.mean - min) / edge;
  if (farthest > 1 + 2 * rounding + 1e-6) return false;
  // e^−12 is once in 160,000.
  return EDGE_DENSITY[law.family] * count * (1 - farthest - 2 * rounding) < 12;
}

/** Laws fitted to the numbers; a mean that is within its error of zero is zero. */
function fitted({ mean, std, count, min, max }: Numbers, { rowCentred }: ElementOptions): ElementLaw[] {
  const centre = Math.abs(mean) <= (SCALE_ERRORS * std) / Math.sqrt(count) ? 0 : mean;
  const farthest = Math.max(max - centre, centre - min);
  // The farthest of n uniform numbers lies 1/(n + 1) inside; that of a cut normal about 1/(0.226·n).
  const edgeOf = (family: "uniform" | "truncated-normal") =>
    rowCentred ? std : (farthest * (1 + 1 / (EDGE_DENSITY[family] * count))) / SHAPES[family].reach;
  const middle = centre === 0 ? 0 : (min + max) / 2;
  const half = ((max - min) / 2) * (1 + 2 / count);
  return [
    { family: "normal", mean: centre, std },
    { family: "truncated-normal", mean: centre, std: edgeOf("truncated-normal") },
    centre === 0
      ? { family: "uniform", mean: 0, std: edgeOf("uniform") }
      : { family: "uniform", mean: middle, std: half / Math.sqrt(3) },
  ];
}

function candidates(numbers: Numbers, options: ElementOptions): Candidate[] {
  const { sums } = numbers;
  const found: Candidate[] = [];
  const add = (law: ElementLaw, schemes: readonly string[], free: number) => {
    const likelihood = options.rowCentred
      ? -0.5 * centredScore(law.family, numbers.kurtosis, numbers.count, options.rowLength) ** 2
      : logLikelihood(law, sums, options.rounding);
    const score = likelihood - 0.5 * free * Math.log(sums.count);
    if (score > Number.NEGATIVE_INFINITY) found.push({ law, schemes, score });
  };
  const groups = new Map<string, KnownLaw[]>();
  for (const law of options.known) {
    if (!agrees(law, numbers, options)) continue;
    const key = `${law.family} ${law.std.toPrecision(9)} ${law.mean}`;
    groups.set(key, [...(groups.get(key) ?? []), law]);
  }
  for (const [first, ...rest] of groups.values()) {
    if (first) add(first, [first.name, ...rest.map(({ name }) => name)], 0);
  }
  // A known law that agrees with the numbers' size stands for its family: rounding moves the edges of a fitted one.
  const explained = new Set(found.map(({ law }) => law.family));
  if (options.anyScale) {
    for (const law of fitted(numbers, options)) if (!explained.has(law.family)) add(law, [], law.mean === 0 ? 1 : 2);
  }
  return found.sort((a, b) => b.score - a.score);
}

/** Share of the best family among all, equal before. */
function posterior(all: readonly Candidate[], family: ElementFamily): number {
  const top = all[0]?.score ?? 0;
  const best = new Map<ElementFamily, number>();
  for (const { law, score } of all) {
    best.set(law.family, Math.max(best.get(law.family) ?? 0, Math.exp(score - top)));
  }
  const total = [...best.values()].reduce((sum, value) => sum + value, 0);
  return (best.get(family) ?? 0) / total;
}

/** Names of all known laws of the chosen family and scale that the numbers cannot tell apart. */
function explaining(chosen: Candidate, all: readonly Candidate[], most: number): string[] {
  const names = new Set(chosen.schemes);
  for (const { law, schemes, score } of all) {
    if (law.family === chosen.law.family && chosen.score - score < most) for (const name of schemes) names.add(name);
  }
  return [...names];
}

const smallest = (tests: readonly Test[]): Test | null =>
  tests.reduce<Test | null>((worst, test) => (worst === null || test.p < worst.p ? test : worst), null);

/** The tensor without its zeros, where these are whole rows (padding) or a sparse draw's. */
function numbersOf(statistics: TensorStatistics, { rowCentred, rowLength }: ElementOptions): Numbers {
  const { sample, count, zeros, mean, kurtosis, min, max } = statistics;
  // Taking a row's mean away leaves the share 1 − 1/n of the variance.
  const std = rowCentred ? statistics.std / Math.sqrt(1 - 1 / rowLength) : statistics.std;
  if (zeros === 0) return { sample, sums: sumsOf(sample), count, mean, std, kurtosis, min, max };
  const kept = sample.filter((x) => x !== 0);
  const left = Math.max(1, count - zeros);
  const centre = (mean * count) / left;
  const second = ((std * std + mean * mean) * count) / left;
  const spread = Math.sqrt(Math.max(0, second - centre * centre));
  let fourth = 0;
  for (const x of kept) fourth += (x - centre) ** 4 / kept.length;
  return {
    sample: kept,
    sums: sumsOf(kept),
    count: left,
    mean: centre,
    std: spread,
    kurtosis: fourth / spread ** 4,
    min,
    max,
  };
}

/** Decides among independent elements. `statistics` may hold zeros: they are left out. */
export function identifyElements(statistics: TensorStatistics, options: ElementOptions): Likeness {
  const numbers = numbersOf(statistics, options);
  const { sample } = numbers;
  if (sample.length < FEWEST) return few(numbers, options);
  const all = candidates(numbers, options);
  const [best] = all;
  if (!best) {
    return {
      family: "trained",
      nearest: null,
      why: NO_RULE,
      confidence: SURE,
      tests: [],
    };
  }
  const { law } = best;
  const tests = [
    ...(options.rowCentred
      ? centredTests(law, numbers.kurtosis, numbers.count, options.rowLength)
      : fitTests(law, ranked(sample, numbers.sums), numbers.kurtosis, { rounding: options.rounding })),
    ...(statistics.zeros > 0 && !zeroRowsOnly(statistics)
      ? []
      : independenceTests(statistics, law, { rowCentred: options.rowCentred })),
  ];
  const worst = smallest(tests);
  const together = fisher(tests.map(({ p }) => p));
  const p = Math.min(1, together, (worst?.p ?? 1) * tests.length);
  if (worst && Math.min(worst.p, together) < LEVEL) {
    const why = `${worst.name} as no fresh ${law.family} draw has them`;
    return { family: "trained", nearest: law.family, why, confidence: 1 - p, tests };
  }
  const near =
    law.family === "uniform" && best.schemes.length === 0 && !options.rowCentred
      ? movedFrom(law, numbers, { ...options, most: blurred(tests) ? MOVED_FAR : MOVED })
      : null;
  if (near) {
    const beyond = ((bound(law) / bound(near) - 1) * 100).toPrecision(2);
    const why = `reaches ${beyond} % beyond the edge of ${near.name}: moved since it was drawn`;
    return { family: "trained", nearest: "uniform", why, confidence: SURE, tests };
  }
  const confidence = posterior(all, law.family);
  if (confidence < SURE) {
    return { family: "unknown", why: `${sample.length} numbers do not tell ${law.family} from other families` };
  }
  return {
    family: law.family,
    initializer: initializerOf(law, options.rowCentred),
    scale: law.std,
    schemes: explaining(best, all, 4 + 2 * options.rounding * numbers.count),
    confidence,
    tests,
  };
}

/** A known uniform law whose edge the numbers leave by a little, where their own edge is no number that somebody wrote down. */
function movedFrom(
  law: ElementLaw,
  { count }: Numbers,
  { known, most }: ElementOptions & { readonly most: number },
): KnownLaw | null {
  const edge = bound(law);
  const round = Number(edge.toPrecision(1));
  if (Math.abs(edge / round - 1) < 4 / count) return null;
  return (
    known.find((other) => {
      const ratio = other.family === "uniform" ? edge / bound(other) : 0;
      return ratio > 1 && ratio < most;
    }) ?? null
  );
}

const blurred = (tests: readonly Test[]) => tests.some(({ name, p }) => name === "edges" && p < BLURRED);

/** Too few numbers to name a family, enough to refuse the laws that there are for a vector. */
function few(numbers: Numbers, { known, anyScale, rounding }: ElementOptions): Likeness {
  const { sample, count, min, max } = numbers;
  const refused = known.every((law) => {
    const edge = bound(law);
    const farthest = Math.max(max - law.mean, law.mean - min);
    if (!Number.isFinite(edge)) return farthest > 6 * law.std || (farthest / law.std) ** count < LEVEL;
    return farthest > edge * (1 + 2 * rounding + 1e-6) || (farthest / edge) ** count < LEVEL;
  });
  if (anyScale || known.length === 0 || !refused || count < FEWEST_REFUSING) {
    return { family: "unknown", why: `${sample.length} numbers are too few for a distribution` };
  }
  return { family: "trained", nearest: null, why: NO_RULE, confidence: SURE, tests: [] };
}

/** All zeros lie in rows that are zero throughout. */
export function zeroRowsOnly({ rows, zeros }: TensorStatistics): boolean {
  if (!rows) return false;
  let empty = 0;
  for (const square of rows.squares) if (square === 0) empty++;
  return empty * rows.length === zeros;
}
