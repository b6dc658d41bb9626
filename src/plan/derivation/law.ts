/** From the variance (or the number that a rule names instead) to the initializer's parameters. */

import { cutMoments, law as lawOf } from "../../init/index.ts";
import type { Initializer } from "../../init/types.ts";
import type { PlannedTensor } from "../types.ts";
import { step } from "./known.ts";
import { number, product, quantity, quotient, root, square, type Term } from "./term.ts";
import type { Step } from "./types.ts";

/** What a rule has decided: a variance, a standard deviation, a bound, a gain or a value. */
export type Decided = "variance" | "std" | "bound" | "gain" | "value" | "none";

/** Symbol of the variance of one element: "Var(W)", "Var(b)". */
export const varianceSymbol = (letter: string): string => `Var(${letter})`;

/** Steps from what was decided to what is drawn. */
export function lawSteps(tensor: PlannedTensor, decided: Decided, letter: string): readonly Step[] {
  return stepsOf(tensor.initializer, tensor.shape, decided, letter);
}

const law = (title: string, symbol: string, term: Term, source: string | null = null): Step =>
  step("law", { title, symbol, term, source });

function stepsOf(initializer: Initializer, shape: readonly number[], decided: Decided, letter: string): Step[] {
  const symbol = varianceSymbol(letter);
  const { variance } = lawOf(initializer, shape);
  const known = quantity(symbol, variance, "variance of one element as drawn");
  switch (initializer.kind) {
    case "uniform": {
      const bound = quantity("bound", initializer.high, "half the width of the interval");
      if (decided === "bound") return [law("uniform", symbol, quotient(square(bound), number(3)))];
      return [law("uniform", "bound", root(product(number(3), known)))];
    }
    case "normal": {
      const std = quantity("σ", initializer.std, "standard deviation of one element");
      return decided === "std" ? [law("normal", symbol, square(std))] : [law("normal", "σ", root(known))];
    }
    case "truncated-normal": {
      const cut = (initializer.high - initializer.mean) / initializer.std;
      const left = cutMoments(-cut, cut).variance;
      const before = quantity("σ", initializer.std, "standard deviation before the cut");
      const share = quantity("left", left, `share of the variance that a cut at ±${cut}σ leaves`);
      return [
        decided === "std"
          ? law("after the cut", symbol, product(share, square(before)))
          : law("before the cut", "σ", root(quotient(known, share))),
        law("cut", "bound", product(number(Number(cut.toPrecision(6))), before)),
      ];
    }
    case "orthogonal": {
      const blocks = initializer.blocks ?? 1;
      const rows = (shape[0] ?? 1) / blocks;
      const columns = shape.slice(1).reduce((a, b) => a * b, 1);
      const longest = quantity("max(rows, columns)", Math.max(rows, columns, 1), `of each ${rows} × ${columns} matrix`);
      const gain = quantity("gain", initializer.gain, "factor on the orthonormal matrix");
      if (decided === "variance") return [law("orthogonal", "gain", root(product(known, longest)), "Saxe 2014")];
      return [law("orthogonal", symbol, quotient(square(gain), longest), "Saxe 2014")];
    }
    case "nguyen-widrow": {
      const columns = shape.slice(1).reduce((a, b) => a * b, 1);
      const beta = quantity("β", initializer.beta, "length of a row");
      return [law("rows", symbol, quotient(square(beta), quantity("columns", columns, "entries in a row")))];
    }
    case "sinusoidal":
      return [law("sines", `E[${letter}²]`, square(quantity("σ", initializer.std, "of the elements")))];
    case "zeros":
    case "ones":
    case "constant":
    case "file":
      return [];
    case "blocks":
      return initializer.parts.slice(0, MOST_BLOCKS).flatMap((part, i) => {
        const inner = stepsOf(part.initializer, [part.size, ...shape.slice(1)], "none", `${letter}${i + 1}`);
        return inner.map((each) => ({ ...each, title: `rows of block ${i + 1}: ${each.title}` }));
      });
    default:
      return [law(initializer.kind, symbol, { ...known, symbol: "as drawn" })];
  }
}

/** Gates of a cell, or query, key and value: more blocks than that say nothing new. */
const MOST_BLOCKS = 4;
