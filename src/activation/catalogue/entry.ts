/** One activation as data. */

import type { Expression } from "../expression.ts";

export interface ParameterSpec {
  readonly name: string;
  readonly default: number;
  /** What frameworks call it. */
  readonly aliases?: readonly string[];
}

export interface CatalogueEntry {
  readonly name: string;
  /** φ(x) for people. */
  readonly formula: string;
  /** Other names: PyTorch classes and functions, Keras, JAX, ONNX operators. Case, `_`, `-` and blanks do not matter. */
  readonly aliases: readonly string[];
  readonly parameters: readonly ParameterSpec[];
  readonly build: (parameters: Readonly<Record<string, number>>) => Expression;
  /** Where it comes from. */
  readonly reference: string;
  /** What a user of it should know. */
  readonly note?: string;
}
