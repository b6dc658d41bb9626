/** What the names of parameters tell of a model's parts: numbered blocks, and networks that stand beside a copy of themselves. */

const isNumber = (part: string) => /^\d+$/.test(part);
const unnumbered = (part: string) => part.replace(/\d+/g, "");

/**
 * The names of a parameter's counterparts in the numbered blocks beside its own, and the beginning of each block's names: for
 * "blocks.3.fc2.weight" all "blocks.N.fc2.weight" of `names`, itself among them. One list for each number in the name.
 *
 * @example counterparts("b.0.w", ["b.0.w", "b.1.w", "c.w"]) // [[{ name: "b.0.w", block: "b.0." }, { name: "b.1.w", block: "b.1." }]]
 */
export function counterparts(
  name: string,
  names: readonly string[],
): (readonly { readonly name: string; readonly block: string }[])[] {
  const parts = name.split(".");
  return parts.flatMap((part, place) => {
    if (!isNumber(part)) return [];
    const [before, after] = [parts.slice(0, place).join("."), parts.slice(place + 1).join(".")];
    const beside = names.flatMap((other) => {
      const own = other.split(".");
      const number = own[place];
      const same = own.slice(0, place).join(".") === before && own.slice(place + 1).join(".") === after;
      return number !== undefined && isNumber(number) && same
        ? [{ name: other, block: `${own.slice(0, place + 1).join(".")}.` }]
        : [];
    });
    return [beside];
  });
}

/**
 * The modules that two parameters of otherwise equal names lie in, where their names differ by more than a number: "online." and
 * "target." of "online.0.weight" and "target.0.weight". Null where they are siblings of one kind, as layers.0 and layers.1 are.
 */
export function twinModules(a: string, b: string): { readonly a: string; readonly b: string } | null {
  const [left, right] = [a.split("."), b.split(".")];
  const place = left.findIndex((part, i) => part !== right[i]);
  if (left.length !== right.length || place < 0 || place === left.length - 1) return null;
  if (left.slice(place + 1).join(".") !== right.slice(place + 1).join(".")) return null;
  const [one = "", other = ""] = [left[place], right[place]];
  if (unnumbered(one) === unnumbered(other)) return null;
  const module = (parts: readonly string[]) => `${parts.slice(0, place + 1).join(".")}.`;
  return { a: module(left), b: module(right) };
}
