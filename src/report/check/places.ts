/** Findings that say the same of several tensors, told once. */

import type { Finding } from "../../check/types.ts";

export const placeOf = ({ tensor, node }: Finding): string => tensor ?? node ?? "the model";

export interface Told {
  readonly first: Finding;
  readonly places: readonly string[];
}

/** Groups findings of one rule and severity whose messages differ in numbers and names alone, in order of appearance. */
export function tellOnce(findings: readonly Finding[]): Told[] {
  const groups = new Map<string, { first: Finding; places: string[] }>();
  for (const finding of findings) {
    const bare = [finding.tensor, finding.node].reduce<string>(
      (text, name) => (name ? text.replaceAll(name, "") : text),
      finding.message,
    );
    const key = `${finding.rule} ${finding.severity} ${bare.replace(/[\d.]+(e-?\d+)?/g, "#")}`;
    const group = groups.get(key);
    if (group) group.places.push(placeOf(finding));
    else groups.set(key, { first: finding, places: [placeOf(finding)] });
  }
  return [...groups.values()];
}
