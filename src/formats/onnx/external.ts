/** Where external tensor data may lie: in the model's own folder or below it, nowhere else. */

import { fail } from "./wire.ts";

/**
 * The location of external data as a path below the model's folder, or FormatError.
 *
 * Refused: absolute paths, drive letters, backslashes, "..", URLs, control characters. Symbolic links are the file
 * system's matter: whoever opens the file checks them.
 *
 * @example safeLocation("weights/a.bin")   // "weights/a.bin"
 * @example safeLocation("../secret")       // throws FormatError
 */
export function safeLocation(location: string, offset: number | null = null): string {
  const shown = JSON.stringify(location.slice(0, 80));
  const segments = location.split("/").filter((segment) => segment !== "." && segment !== "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const odd = /[\\:\u0000-\u001f]/.test(location);
  if (location === "" || location.startsWith("/") || odd || segments.length === 0 || segments.includes("..")) {
    fail(`external data must lie in the model's own folder, got ${shown}; move the file beside the model`, offset);
  }
  return segments.join("/");
}
