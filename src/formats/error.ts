/** The one error of every reader of files: what is wrong, where in the file, what to do. */

/**
 * A file that cannot be read as what it claims to be.
 *
 * `message` is one line; `offset` is the byte at which the file stops making sense, null where no single byte is to blame.
 */
export class FormatError extends Error {
  readonly offset: number | null;

  constructor(message: string, offset: number | null = null) {
    super(offset === null ? message : `${message} (byte ${offset})`);
    this.name = "FormatError";
    this.offset = offset;
  }
}

/** A reader's error with the file's name in front; any other error as it is. */
export function namedError(name: string, error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  // Readers know a file by the last part of its path, and often begin with it.
  const short = `${name.split(/[/\\]/).at(-1)}: `;
  const said = error.message.startsWith(short) ? error.message.slice(short.length) : error.message;
  const named = said.startsWith(name) ? said : `${name}: ${said}`;
  return new FormatError(named.replace(/ \(byte \d+\)$/, ""), error.offset);
}
