/** Commands as a person can paste them. */

/** A word as a POSIX shell reads it, whatever is in it. @example quoted("a b") // "'a b'" */
export const quoted = (word: string): string =>
  /^[\w./+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Options of `epoch0 reproduce` that put a screen's fields in the place of the experiment's own. @example settings({ width: 8 }) // " --set width=8" */
export const settings = (values: Readonly<Record<string, number | string>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` --set ${name}=${value}`)
    .join("");

/** Nothing where the seed is the one that the command takes by itself. */
export const seedOption = (seed: number): string => (seed === 0 ? "" : ` --seed ${seed}`);
