/**
 * What a screen's state may be, as data: every field has a default, a range and a name for people. The same schema checks
 * the URL, drives the controls and says in an error what would do.
 */

export interface NumberField {
  readonly kind: "number";
  readonly label: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Values are multiples of it from `min`. Default: any number. */
  readonly step?: number;
  /** The slider moves on a log scale; `min` is above 0. */
  readonly log?: true;
  readonly unit?: string;
}

export interface ChoiceField<Word extends string = string> {
  readonly kind: "choice";
  readonly label: string;
  readonly default: Word;
  /** Word in the URL → name for people. */
  readonly options: Readonly<Record<Word, string>>;
}

export interface FlagField {
  readonly kind: "flag";
  readonly label: string;
  readonly default: boolean;
}

export interface TextField {
  readonly kind: "text";
  readonly label: string;
  readonly default: string;
  readonly longest: number;
  /** The whole text matches it. Default: anything printable. */
  readonly pattern?: RegExp;
}

export type Field = NumberField | ChoiceField | FlagField | TextField;
export type Schema = Readonly<Record<string, Field>>;

export type ValueOf<F extends Field> = F extends NumberField
  ? number
  : F extends ChoiceField<infer Word>
    ? Word
    : F extends FlagField
      ? boolean
      : string;

/** The state that a schema describes. */
export type StateOf<S extends Schema> = { -readonly [Name in keyof S]: ValueOf<S[Name]> };

export const number = (field: Omit<NumberField, "kind">): NumberField => ({ kind: "number", ...field });
/** A whole number. */
export const whole = (field: Omit<NumberField, "kind" | "step">): NumberField => ({
  kind: "number",
  step: 1,
  ...field,
});
export const choice = <Word extends string>(field: {
  readonly label: string;
  readonly default: NoInfer<Word>;
  readonly options: Readonly<Record<Word, string>>;
}): ChoiceField<Word> => ({ kind: "choice", ...field });
export const flag = (field: Omit<FlagField, "kind">): FlagField => ({ kind: "flag", ...field });
export const text = (field: Omit<TextField, "kind">): TextField => ({ kind: "text", ...field });

/** A seed: any whole number that JavaScript holds exactly and the command line takes. */
export const seed = (label = "Seed"): NumberField => whole({ label, default: 0, min: 0, max: Number.MAX_SAFE_INTEGER });

/** The nearest number that the field takes: within the range, on the step. */
export function settle({ min, max, step }: NumberField, value: number): number {
  // + 0: one zero, not two.
  const within = Math.min(max, Math.max(min, value)) + 0;
  if (step === undefined) return within;
  const stepped = min + Math.round((within - min) / step) * step;
  return Number(Math.min(max, stepped).toPrecision(15));
}

/** Whether the field takes this value. */
export function accepts(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case "number":
      return typeof value === "number" && Object.is(settle(field, value), value);
    case "choice":
      return typeof value === "string" && Object.hasOwn(field.options, value);
    case "flag":
      return typeof value === "boolean";
    case "text":
      return (
        typeof value === "string" &&
        value.length <= field.longest &&
        // Control characters break lines; half a surrogate pair cannot be written into an address.
        !/[\p{Cc}\p{Cs}]/u.test(value) &&
        (field.pattern === undefined || new RegExp(`^(?:${field.pattern.source})$`, field.pattern.flags).test(value))
      );
  }
}

/** What a field takes, for the line that says why a value was left. */
function takes(field: Field): string {
  switch (field.kind) {
    case "number":
      return `${field.step === 1 ? "a whole number" : "a number"} from ${field.min} to ${field.max}`;
    case "choice":
      return `one of ${Object.keys(field.options).join(", ")}`;
    case "flag":
      return "yes or no";
    case "text":
      return `a text of up to ${field.longest} characters`;
  }
}

function parse(field: Field, written: string): unknown {
  if (field.kind === "number") return /^[+-]?[\d.]/.test(written) ? Number(written) : Number.NaN;
  if (field.kind === "flag") return written === "yes" ? true : written === "no" ? false : null;
  return written;
}

const print = (value: unknown): string => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));

/** Every field at its default. */
export function defaults<S extends Schema>(schema: S): StateOf<S> {
  return Object.fromEntries(Object.entries(schema).map(([name, field]) => [name, field.default])) as StateOf<S>;
}

/** The query of a state: only what differs from the default, in the schema's order. */
export function encode<S extends Schema>(schema: S, state: Readonly<Partial<StateOf<S>>>): string {
  return Object.entries(schema)
    .filter(([name, field]) => state[name] !== undefined && state[name] !== field.default)
    .map(([name]) => `${name}=${encodeURIComponent(print(state[name]))}`)
    .join("&");
}

export interface Decoded<S extends Schema> {
  readonly state: StateOf<S>;
  /** What in the link was not understood, one line each; the default stands in its place. */
  readonly problems: readonly string[];
}

/** A state from a query; what is missing, unknown or out of range is at its default. */
export function decode<S extends Schema>(schema: S, query: string): Decoded<S> {
  const state: Record<string, unknown> = defaults(schema);
  const problems: string[] = [];
  for (const [name, written] of new URLSearchParams(query.replaceAll("+", "%2B"))) {
    const field = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (field === undefined) {
      problems.push(`The link has ${JSON.stringify(name.slice(0, 40))}, which this screen does not know.`);
      continue;
    }
    const value = parse(field, written);
    if (accepts(field, value)) state[name] = value;
    else
      problems.push(
        `The link has ${name}=${JSON.stringify(written.slice(0, 40))}; it takes ${takes(field)}, so ${print(field.default)} is shown.`,
      );
  }
  return { state: state as StateOf<S>, problems };
}
