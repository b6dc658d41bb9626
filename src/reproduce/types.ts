/** A statement as an experiment: words, formulas, a run, and tests that decide. */

import type { Seed } from "../random/index.ts";
import type { GivenSettings, SettingSchema } from "./settings.ts";

export type Verdict = "holds" | "holds-if" | "does-not-hold";

/** What a test has found about its claim; undecided where the sample is too small to tell. */
export type Finding = "supported" | "refuted" | "undecided";

export interface Test {
  /** The claim in words, with its bound. */
  readonly claim: string;
  /** The statistical test, or the rounding bound. */
  readonly method: string;
  readonly statistic: number;
  /** What the statistic is compared with. */
  readonly threshold: number;
  /** Chance of such a statistic if the claim were at its bound; null where nothing is drawn. */
  readonly pValue: number | null;
  readonly finding: Finding;
}

/** What a quantity is, not how it looks: the report gives colours by it. */
export type Role = "forward" | "gradient" | "theory" | "danger" | "neutral";

export interface Series {
  readonly label: string;
  readonly role: Role;
  /** Theory is a line, measurement dots; a line through dots guides the eye where no theory is drawn. */
  readonly mark: "line" | "dots" | "both";
  readonly x: readonly number[];
  /** NaN and infinities are left out of the drawing and named in the caption. */
  readonly y: readonly number[];
  /** Ends of the spread of each dot. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
}

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
}

export interface LineChart {
  readonly kind: "lines";
  /** The finding. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly note?: string;
}

export interface HeatChart {
  readonly kind: "heat";
  readonly title: string;
  readonly x: Axis & { readonly values: readonly number[] };
  readonly y: Axis & { readonly values: readonly number[] };
  readonly value: Axis;
  /** One row a value of y, one cell a value of x; an infinite cell is a run that diverged. */
  readonly cells: readonly (readonly number[])[];
  /** Which end of the scale is good. */
  readonly good: "low" | "high";
  /** A curve over the map, in the axes' own units. */
  readonly line?: { readonly label: string; readonly x: readonly number[]; readonly y: readonly number[] };
  readonly note?: string;
}

export interface RowChart {
  readonly kind: "rows";
  readonly title: string;
  readonly x: Axis;
  readonly rows: readonly {
    readonly label: string;
    readonly role: Role;
    readonly value: number;
    readonly low?: number;
    readonly high?: number;
    /** What theory says, a thin line. */
    readonly theory?: number;
  }[];
  readonly note?: string;
}

export type Chart = LineChart | HeatChart | RowChart;

/** Named numbers, and named rows of numbers. */
export type Figures = Readonly<Record<string, number | readonly number[] | readonly (readonly number[])[]>>;

export interface Outcome {
  readonly verdict: Verdict;
  /** When it holds, or why it does not; empty where the statement holds as it is written. */
  readonly condition: string;
  /** One sentence with the numbers that decided. */
  readonly finding: string;
  readonly figures: Figures;
  readonly tests: readonly Test[];
  readonly charts: readonly Chart[];
  /** What the paper reports beside what was found here. */
  readonly comparison?: readonly { readonly what: string; readonly paper: string; readonly here: string }[];
}

export type Size = "full" | "quick";

export interface ExperimentOptions {
  readonly seed: Seed;
  readonly size: Size;
  /** In place of what the size gives; names and ranges are the experiment's `settings`. */
  readonly settings?: GivenSettings;
  readonly signal?: AbortSignal | undefined;
  /** 0 … 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface Formula {
  readonly tex: string;
  /** The same for a terminal. */
  readonly text: string;
}

export interface Experiment {
  readonly id: string;
  readonly group: "statement" | "paper";
  /** A few words for a table of contents. */
  readonly title: string;
  /** As the essay, or the paper, has it. */
  readonly statement: string;
  readonly source: string;
  readonly formulas: readonly Formula[];
  /** Our prose for the illustrated essay: why one could think so, what is true. Paragraphs. */
  readonly prose: readonly string[];
  /** What is run, in a sentence or two. */
  readonly procedure: string;
  /** What may be set of it; none where absent. */
  readonly settings?: SettingSchema;
  readonly run: (options: ExperimentOptions) => Promise<Outcome>;
}
