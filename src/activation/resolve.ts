/** From a name, a reference or an expression to an activation that can be evaluated. */

import { assemble } from "./assemble.ts";
import { CATALOGUE, type CatalogueEntry, findEntry, knownNames, plainName } from "./catalogue/index.ts";
import { compile } from "./compile.ts";
import { differentiate } from "./differentiate.ts";
import type { Expression } from "./expression.ts";
import { fromFunctions } from "./from-functions.ts";
import { features, kinks } from "./kinks.ts";
import { print } from "./print.ts";
import type { ActivationReference } from "./reference.ts";
import type { Activation } from "./types.ts";

/** Resolved activations are kept: a network has few kinds and many layers. The oldest goes beyond this many. */
const KEPT = 256;
const resolvedBefore = new Map<string, Activation>();

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

/** The known name nearest to this one, if it is near. */
function suggestion(name: string): string | null {
  const plain = plainName(name).slice(0, 40);
  let best: string | null = null;
  let least = Math.max(2, Math.floor(plain.length / 3)) + 1;
  for (const known of knownNames()) {
    const distance = editDistance(plain, known);
    if (distance < least) {
      least = distance;
      best = findEntry(known)?.name ?? null;
    }
  }
  return best;
}

function entryOf(name: string): CatalogueEntry {
  const entry = findEntry(name);
  if (entry) return entry;
  const near = suggestion(name);
  const hint = near ? `did you mean "${near}"?` : `known are ${CATALOGUE.map((e) => e.name).join(", ")}`;
  throw new RangeError(`activation: no activation of this name, got "${name.slice(0, 60)}", ${hint}`);
}

/** Numbers by the entry's own parameter names; aliases are understood, unknown names are an error. */
export function parametersOf(entry: CatalogueEntry, given: Readonly<Record<string, number>>): Record<string, number> {
  const values: Record<string, number> = {};
  for (const spec of entry.parameters) values[spec.name] = spec.default;
  for (const [key, value] of Object.entries(given)) {
    const spec = entry.parameters.find((p) => p.name === key || p.aliases?.includes(key));
    if (!spec) {
      const names = entry.parameters.map((p) => p.name).join(", ") || "none";
      throw new RangeError(`activation ${entry.name}: no parameter "${key}", it has: ${names}`);
    }
    if (Number.isNaN(value)) throw new RangeError(`activation ${entry.name}: ${spec.name} must be a number, got NaN`);
    values[spec.name] = value;
  }
  return values;
}

function label(entry: CatalogueEntry, values: Readonly<Record<string, number>>): string {
  const shown = entry.parameters.filter((p) => values[p.name] !== p.default);
  if (shown.length === 0) return entry.name;
  return `${entry.name}(${shown.map((p) => `${p.name}=${Number(values[p.name].toPrecision(6))}`).join(", ")})`;
}

function build(name: string, text: string, reference: ActivationReference, expression: Expression): Activation {
  const first = differentiate(expression);
  return assemble(
    { name, label: text, reference, expression },
    { value: compile(expression), derivative: compile(first), secondDerivative: compile(differentiate(first)) },
    kinks(expression),
    features(expression),
  );
}

function remembered(key: string, make: () => Activation): Activation {
  const known = resolvedBefore.get(key);
  if (known) return known;
  const made = make();
  if (resolvedBefore.size >= KEPT)
    for (const oldest of [...resolvedBefore.keys()].slice(0, KEPT / 2)) resolvedBefore.delete(oldest);
  resolvedBefore.set(key, made);
  return made;
}

/**
 * The activation that a reference means.
 *
 * @throws RangeError when the name or a parameter is not known
 * @example resolveActivation({ kind: "named", name: "leaky_relu", parameters: { slope: 0.1 } }).value(-1) // -0.1
 */
export function resolveActivation(reference: ActivationReference): Activation {
  if (reference.kind === "expression") {
    const text = print(reference.expression);
    return remembered(`= ${text}`, () => build("expression", text, reference, reference.expression));
  }
  if (reference.kind === "functions") return fromFunctions(reference);
  const entry = entryOf(reference.name);
  const parameters = parametersOf(entry, reference.parameters);
  return remembered(`${entry.name} ${Object.values(parameters).join(" ")}`, () =>
    build(
      entry.name,
      label(entry, parameters),
      { kind: "named", name: entry.name, parameters },
      entry.build(parameters),
    ),
  );
}

const CALL = /^\s*([A-Za-z][\w.\- ]*?)\s*(?:\(([^()]*)\))?\s*$/;

/** `name`, `name(0.1)`, `name(slope=0.1)` → a reference by the catalogue's own names. */
export function activationReference(text: string): ActivationReference {
  const match = CALL.exec(text.slice(0, 200));
  if (!match) throw new RangeError(`activation: expected a name or name(number, …), got "${text.slice(0, 60)}"`);
  const entry = entryOf(match[1]);
  const given: Record<string, number> = {};
  const parts = (match[2] ?? "").split(",").map((part) => part.trim());
  parts.forEach((part, i) => {
    if (part === "") return;
    const [left, right] = part.includes("=") ? part.split("=").map((s) => s.trim()) : [entry.parameters[i]?.name, part];
    const value = Number(right);
    if (left === undefined)
      throw new RangeError(`activation ${entry.name}: takes ${entry.parameters.length} numbers, got "${match[2]}"`);
    if (right === "" || !Number.isFinite(value))
      throw new RangeError(`activation ${entry.name}: ${left} must be a number, got "${right}"`);
    given[left] = value;
  });
  return { kind: "named", name: entry.name, parameters: parametersOf(entry, given) };
}

/**
 * The activation of that name or alias (PyTorch, Keras, JAX, ONNX), with parameters by name or in the text.
 *
 * @throws RangeError naming the nearest known name
 * @example activationByName("nn.LeakyReLU", { negative_slope: 0.2 }).label // "leaky_relu(slope=0.2)"
 * @example activationByName("logistic(4)").value(0) // 0.5
 */
export function activationByName(text: string, parameters: Readonly<Record<string, number>> = {}): Activation {
  const reference = activationReference(text);
  if (reference.kind !== "named") return resolveActivation(reference);
  const entry = entryOf(reference.name);
  const given = { ...reference.parameters, ...parameters };
  return resolveActivation({ kind: "named", name: entry.name, parameters: parametersOf(entry, given) });
}
