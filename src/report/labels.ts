/** Names that fit: what all of them begin and end with is said once. */

export interface Labels {
  readonly of: (name: string) => string;
  /** "gpu_0/ … _w_0", null where names are whole. */
  readonly cut: string | null;
}

/** Names up to this length fit a table of 100 columns. */
const FITS = 20;
const DELIMITER = /[./:_]/;

/**
 * Short forms of `names`: without the prefix and suffix that all share, cut at delimiters. Names that fit stay whole, so that
 * they can be copied.
 *
 * @example shortLabels(["encoder.layer.0.weight", "encoder.layer.1.weight"]).of("encoder.layer.1.weight") // "1"
 */
export function shortLabels(names: readonly string[]): Labels {
  const [first = ""] = names;
  if (names.length < 2 || names.every((name) => name.length <= FITS)) return { of: (name) => name, cut: null };
  const shared = (same: (name: string, length: number) => boolean) => {
    let length = 0;
    while (length < first.length && names.every((name) => same(name, length + 1))) length++;
    return length;
  };
  let start = shared((name, length) => name.startsWith(first.slice(0, length)));
  while (start > 0 && !DELIMITER.test(first[start - 1] ?? "")) start--;
  let end = shared((name, length) => name.length - start > length && name.endsWith(first.slice(first.length - length)));
  while (end > 0 && !DELIMITER.test(first[first.length - end] ?? "")) end--;
  const of = (name: string) => name.slice(start, name.length - end);
  if (start + end === 0 || names.some((name) => of(name) === "")) return { of: (name) => name, cut: null };
  return { of, cut: `${first.slice(0, start)} … ${first.slice(first.length - end)}`.trim() };
}
