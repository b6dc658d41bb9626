/** Sizes as people write them. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** "5GB" (decimal, as Hugging Face counts), "512MiB" (binary) or a number of bytes; null for anything else. */
export function parseBytes(text: string): number | null {
  const [, digits = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  const bytes = digits === "" || factor === undefined ? Number.NaN : Math.floor(Number(digits) * factor);
  return Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : null;
}
