/** All schemes by name and alias. */

import { auto, critical } from "./adaptive.ts";
import { constant, file, ones, zeros } from "./constants.ts";
import { huggingface } from "./huggingface.ts";
import { jax } from "./jax.ts";
import { keras, tfjs } from "./keras.ts";
import { lsuv } from "./lsuv.ts";
import { meanField } from "./mean-field.ts";
import { named } from "./named.ts";
import { deepnorm, fixup, gpt2, mup, tFixup, zeroGamma } from "./recipes.ts";
import { deltaOrthogonal, nguyenWidrow, orthogonal, sinusoidal, siren } from "./structured.ts";
import { torch } from "./torch.ts";
import type { Scheme } from "./types.ts";

/** Every scheme, in the order that documentation lists them. */
export const schemes: readonly Scheme[] = [
  auto,
  critical,
  meanField,
  torch,
  keras,
  tfjs,
  jax,
  huggingface,
  ...named,
  orthogonal,
  deltaOrthogonal,
  lsuv,
  nguyenWidrow,
  sinusoidal,
  siren,
  gpt2,
  deepnorm,
  fixup,
  tFixup,
  zeroGamma,
  mup,
  zeros,
  ones,
  constant,
  file,
];

/** The names that `--scheme` takes, without aliases. */
export function schemeNames(): readonly string[] {
  return schemes.map(({ name }) => name);
}

export interface SchemeCall {
  readonly scheme: Scheme;
  readonly values: readonly number[];
}

const MOST_CHARACTERS = 200;

/**
 * A scheme from what a person wrote: a name or alias, with numbers in brackets where it takes any.
 *
 * @throws on an unknown name (with the nearest ones), on numbers that it does not take, and where one is missing.
 * @example schemeByName("mup(128)").values // [128]
 */
export function schemeByName(text: string): SchemeCall {
  const call = text.length > MOST_CHARACTERS ? null : /^\s*([^()\s]+)\s*(?:\(([^()]*)\))?\s*$/.exec(text);
  const wanted = (call?.[1] ?? text).toLowerCase().replaceAll("_", "-").slice(0, MOST_CHARACTERS);
  const scheme = schemes.find(({ name, aliases }) => name === wanted || aliases.includes(wanted));
  if (!scheme) throw new Error(`plan: unknown scheme, got "${wanted}", ${nearest(wanted)}`);
  const values = (call?.[2] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  const usage = `${scheme.name}(${scheme.values.map(({ name }) => name).join(", ")})`;
  if (!call || values.some((value) => !Number.isFinite(value)) || values.length > scheme.values.length)
    throw new Error(
      `plan: scheme ${scheme.name} takes ${scheme.values.length === 0 ? "no numbers" : `finite numbers as ${usage}`}, got "${text.slice(0, MOST_CHARACTERS)}"`,
    );
  const missing = scheme.values.slice(values.length).find((value) => value.default === null && value.name === "value");
  if (missing) throw new Error(`plan: scheme ${scheme.name} needs ${missing.meaning}, got none, write ${usage}`);
  return { scheme, values };
}

function nearest(wanted: string): string {
  const names = schemes.flatMap(({ name, aliases }) => [name, ...aliases]);
  const ranked = names
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .sort((a, b) => a.distance - b.distance);
  const close = ranked.filter(({ distance }) => distance <= 3).slice(0, 3);
  return close.length > 0
    ? `did you mean ${close.map(({ name }) => name).join(" or ")}?`
    : `use one of ${schemeNames().join(", ")}`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
