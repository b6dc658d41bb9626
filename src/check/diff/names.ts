/** Names of two files brought together: wrappers put a word in front ("module.", "_orig_mod.", "model."). */

export interface Matching {
  /** "+model." where the second file's names have it in front, "−model." where the first's have; "" if neither. */
  readonly prefix: string;
  /** The first file's name for a name of the second. */
  readonly inFirst: (name: string) => string;
}

/** Prefixes under which some name of one file is a name of the other. */
function prefixes(longer: readonly string[], shorter: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (const name of longer.slice(0, 64)) {
    for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
      if (shorter.has(name.slice(dot + 1))) found.add(name.slice(0, dot + 1));
    }
  }
  return found;
}

/** The prefix, if any, under which more names agree than without one. */
export function matchPrefix(first: readonly string[], second: readonly string[]): Matching {
  const [a, b] = [new Set(first), new Set(second)];
  const candidates: Matching[] = [
    { prefix: "", inFirst: (name) => name },
    ...[...prefixes(second, a)].map((prefix) => ({
      prefix: `+${prefix}`,
      inFirst: (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
    })),
    ...[...prefixes(first, b)].map((prefix) => ({ prefix: `−${prefix}`, inFirst: (name: string) => prefix + name })),
  ];
  let best = candidates[0]!;
  let most = -1;
  for (const candidate of candidates) {
    const count = second.filter((name) => a.has(candidate.inFirst(name))).length;
    if (count > most) [best, most] = [candidate, count];
  }
  return best;
}
