/** Models for tests of the check: corpus files and lines with drawn, then changed, values. */

import { fileURLToPath } from "node:url";
import type { Finding } from "../../src/check/index.ts";
import { openModel } from "../../src/formats/file.ts";
import { initialize } from "../../src/materialize/index.ts";
import type { Model } from "../../src/model/types.ts";
import { plan } from "../../src/plan/index.ts";

export const corpus = (file: string) => fileURLToPath(new URL(`../../../shared/models/${file}`, import.meta.url));
export const digits = fileURLToPath(new URL("../../../shared/data/digits.csv", import.meta.url));

export type Values = Map<string, Float32Array>;

/** The model with other values; what is missing stays the file's. */
export function holding(model: Model, values: Values): Model {
  const { tiles: _, ...rest } = model;
  return { ...rest, read: (name) => values.get(name) ?? model.read(name) };
}

/** A model drawn by a scheme, with `change` applied to the values. */
export async function drawn(
  fileOrLine: string,
  scheme: string,
  { seed = 0, batch = 1, change = () => {} }: { seed?: number; batch?: number; change?: (values: Values) => void } = {},
): Promise<Model> {
  const model = await openModel(fileOrLine.includes(">") ? fileOrLine : corpus(fileOrLine), { batch });
  const values = initialize(plan(model, { scheme }), { seed, read: model.read });
  change(values);
  return holding(model, values);
}

/** "64 > 128 tanh > … > 10 softmax" with `layers` hidden layers. */
export const mlp = (activation: string, layers: number, width = 128) =>
  ["64", ...Array.from({ length: layers }, () => `${width} ${activation}`), "10 softmax"].join(" > ");

export const scale = (values: Values, name: string, factor: number) =>
  values.set(
    name,
    (values.get(name) ?? new Float32Array()).map((value) => value * factor),
  );

/** Errors and warnings as "severity rule tensor". */
export const told = (findings: readonly Finding[]) =>
  findings
    .filter(({ severity }) => severity !== "info")
    .map(({ severity, rule, tensor }) => [severity, rule, tensor].filter(Boolean).join(" "));
