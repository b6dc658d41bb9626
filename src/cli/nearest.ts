/** Which known names somebody may have meant. */

/** Edit distance with transpositions (optimal string alignment, Damerau 1964). */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  let before: number[] = [];
  let previous = Array.from({ length: width }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j < width; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? a.length;
}

/** Longer words are not compared letter by letter: they come from a mistake of another kind. */
const LONGEST_COMPARED = 120;

/**
 * Up to `most` names, nearest first; names that contain the word or are contained in it count as near.
 *
 * @example nearest("hee-normal", ["he-normal", "zeros"]) // ["he-normal"]
 */
export function nearest(
  word: string,
  names: Iterable<string>,
  { most = 3 }: { readonly most?: number } = {},
): string[] {
  const asked = word.toLowerCase().slice(0, LONGEST_COMPARED);
  const limit = Math.max(2, Math.floor(asked.length / 3));
  return [...names]
    .map((name) => {
      const lower = name.toLowerCase().slice(0, LONGEST_COMPARED);
      const contains = asked.length > 2 && (lower.includes(asked) || asked.includes(lower));
      return { name, distance: contains ? 1 : editDistance(asked, lower) };
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ name }) => name);
}

/** "did you mean he-normal?", or the list where nothing is near. */
export function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `use one of ${names.join(", ")}`;
}
