/** Results as one JSON document: numbers in full, NaN and infinities as strings (JSON has no words for them). */

/**
 * @example toJson({ gain: Number.POSITIVE_INFINITY }) // '{\n  "gain": "Infinity"\n}\n'
 */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, replaceNonFinite, 2)}\n`;
}

function replaceNonFinite(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
