/** Expressions as text that `parseExpression` reads back. */

import type { Expression } from "./expression.ts";

const SYMBOLS = { add: " + ", sub: " - ", mul: "*", div: "/", pow: "^" } as const;
const PRECEDENCE = { add: 1, sub: 1, mul: 2, div: 2, neg: 3, pow: 4 } as const;
const ATOM = 5;

function text(e: Expression): { readonly text: string; readonly precedence: number } {
  switch (e.kind) {
    case "x":
      return { text: "x", precedence: ATOM };
    case "number":
      return { text: String(e.value), precedence: e.value < 0 ? PRECEDENCE.neg : ATOM };
    case "unary": {
      if (e.fn === "neg") return { text: `-${wrap(e.arg, PRECEDENCE.neg)}`, precedence: PRECEDENCE.neg };
      if (e.fn === "reciprocal") return { text: `1/${wrap(e.arg, PRECEDENCE.div + 1)}`, precedence: PRECEDENCE.div };
      return { text: `${e.fn}(${text(e.arg).text})`, precedence: ATOM };
    }
    case "binary": {
      if (e.fn === "min" || e.fn === "max") {
        return { text: `${e.fn}(${text(e.left).text}, ${text(e.right).text})`, precedence: ATOM };
      }
      const own = PRECEDENCE[e.fn];
      const strictRight = e.fn === "sub" || e.fn === "div" ? own + 1 : own;
      const left = wrap(e.left, e.fn === "pow" ? own + 1 : own);
      return { text: `${left}${SYMBOLS[e.fn]}${wrap(e.right, strictRight)}`, precedence: own };
    }
  }
}

function wrap(e: Expression, least: number): string {
  const inner = text(e);
  return inner.precedence < least ? `(${inner.text})` : inner.text;
}

/** @example print(divide(x, add(ONE, unary("abs", x)))) // "x/(abs(x) + 1)" */
export function print(e: Expression): string {
  return text(e).text;
}
