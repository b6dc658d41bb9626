/** Periodic units. */

import { add, divide, multiply, number, power, unary, x } from "../build.ts";
import type { CatalogueEntry } from "./entry.ts";

const times = (factor: number) => multiply(number(factor), x);

export const PERIODIC: readonly CatalogueEntry[] = [
  {
    name: "sin",
    formula: "sin(w0·x)",
    aliases: ["sine", "siren"],
    parameters: [{ name: "w0", default: 1, aliases: ["omega", "omega0", "frequency"] }],
    build: (p) => unary("sin", times(p.w0)),
    reference: "Sitzmann 2020 (SIREN)",
    note: "SIREN layers use w0 = 30.",
  },
  {
    name: "cos",
    formula: "cos(w0·x)",
    aliases: ["cosine"],
    parameters: [{ name: "w0", default: 1, aliases: ["omega", "omega0", "frequency"] }],
    build: (p) => unary("cos", times(p.w0)),
    reference: "Rahimi & Recht 2007 (random features)",
  },
  {
    name: "snake",
    formula: "x + sin²(alpha·x)/alpha",
    aliases: ["Snake"],
    parameters: [{ name: "alpha", default: 1, aliases: ["a", "frequency"] }],
    build: (p) => add(x, divide(power(unary("sin", times(p.alpha)), number(2)), number(p.alpha))),
    reference: "Ziyin 2020",
  },
];
