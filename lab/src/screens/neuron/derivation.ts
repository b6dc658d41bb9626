/** The variance of the pre-activation line by line, with the person's own numbers in it. */

import { formatNumber } from "../../../../src/report/number.ts";
import type { Theory } from "./compute.ts";
import type { NeuronState } from "./state.ts";

/** @example texNumber(5.21e-5) // "5.21\\cdot10^{-5}" */
export function texNumber(value: number): string {
  const plain = formatNumber(value).replace("−", "-");
  const [mantissa, exponent] = plain.split("e");
  return exponent === undefined ? plain : `${mantissa}\\cdot10^{${exponent}}`;
}

/** As typed, where that is short. */
const given = (value: number) => (String(value).length <= 6 ? String(value) : texNumber(value));
const bracket = (value: number) => (value < 0 ? `(${given(value)})` : given(value));

export interface Line {
  readonly says: string;
  readonly tex: string;
}

function weightLine(state: NeuronState, { weightVariance }: Theory): Line {
  const { n, units, range } = state;
  const result = `=${texNumber(weightVariance)}`;
  switch (state.rule) {
    case "one-over-root-n":
      return {
        says: "A uniform weight on an interval of length 2/√n:",
        tex: `\\operatorname{Var}(w)=\\frac{(2/\\sqrt n)^2}{12}=\\frac{1}{3n}=\\frac{1}{3\\cdot ${n}}${result}`,
      };
    case "glorot-uniform":
      return {
        says: `A uniform weight, the compromise between ${n} inputs and ${units} outputs:`,
        tex: `\\operatorname{Var}(w)=\\frac{2}{n+m}=\\frac{2}{${n}+${units}}${result}`,
      };
    case "lecun-normal":
      return {
        says: "A normal weight:",
        tex: `\\operatorname{Var}(w)=\\frac{1}{n}=\\frac{1}{${n}}${result}`,
      };
    case "he-normal":
      return {
        says: "A normal weight:",
        tex: `\\operatorname{Var}(w)=\\frac{2}{n}=\\frac{2}{${n}}${result}`,
      };
    case "own":
      return {
        says: "A uniform weight on an interval of length 2a:",
        tex: `\\operatorname{Var}(w)=\\frac{(2a)^2}{12}=\\frac{(2\\cdot ${given(range)})^2}{12}${result}`,
      };
  }
}

function slopeLine(state: NeuronState, { variance, slope }: Theory): Line {
  const where = `z\\sim N(0,\\,${texNumber(variance)})`;
  if (state.activation === "logistic")
    return {
      says: `The slope there, on average, of at most β/4 = ${formatNumber(state.slope / 4)}:`,
      tex: `\\mathbb{E}[\\sigma'(z)]=${texNumber(slope)}\\quad ${where}`,
    };
  if (state.activation === "tanh")
    return {
      says: "The slope there, on average, of at most 1:",
      tex: `\\mathbb{E}[\\tanh'(z)]=${texNumber(slope)}\\quad ${where}`,
    };
  return {
    says: "The slope is 1 on one side and 0 on the other, whatever the variance:",
    tex: `\\mathbb{E}[\\varphi'(z)]=${texNumber(slope)}\\quad ${where}`,
  };
}

export function derivation(state: NeuronState, theory: Theory): readonly Line[] {
  const { n, mean, deviation } = state;
  const { weightVariance, inputSquare, variance } = theory;
  const third = state.rule === "one-over-root-n" && inputSquare === 1 ? "=\\frac13" : "";
  return [
    weightLine(state, theory),
    {
      says: "An input's mean square; its mean counts as much as its spread:",
      tex: `\\mathbb{E}[x^2]=\\operatorname{Var}(x)+\\mathbb{E}[x]^2=${given(deviation)}^2+${bracket(mean)}^2=${texNumber(inputSquare)}`,
    },
    {
      says: "A sum of n products of independent factors, the weights of mean 0:",
      tex: `\\operatorname{Var}(z)=n\\,\\operatorname{Var}(w)\\,\\mathbb{E}[x^2]=${n}\\cdot ${texNumber(weightVariance)}\\cdot ${texNumber(inputSquare)}${third}=${texNumber(variance)}`,
    },
    slopeLine(state, theory),
  ];
}
