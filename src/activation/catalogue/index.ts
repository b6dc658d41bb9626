/** Every activation that has a name. */

import type { CatalogueEntry } from "./entry.ts";
import { PERIODIC } from "./periodic.ts";
import { RECTIFIED } from "./rectified.ts";
import { SIGMOIDAL } from "./sigmoidal.ts";
import { SMOOTH } from "./smooth.ts";

export type { CatalogueEntry, ParameterSpec } from "./entry.ts";

export const CATALOGUE: readonly CatalogueEntry[] = [...RECTIFIED, ...SIGMOIDAL, ...SMOOTH, ...PERIODIC];

/** Case, separators and the framework's module path do not count: `torch.nn.LeakyReLU` is `leaky_relu`. */
export function plainName(name: string): string {
  const last = name.trim().split(".").at(-1) ?? "";
  return last.toLowerCase().replace(/[_\-\s]/g, "");
}

const BY_NAME: ReadonlyMap<string, CatalogueEntry> = new Map(
  CATALOGUE.flatMap((entry) => [...entry.aliases, entry.name].map((name) => [plainName(name), entry] as const)),
);

/** The entry of that name or alias, or null. */
export function findEntry(name: string): CatalogueEntry | null {
  return BY_NAME.get(plainName(name)) ?? null;
}

/** Names and aliases, as `findEntry` compares them. */
export function knownNames(): Iterable<string> {
  return BY_NAME.keys();
}
