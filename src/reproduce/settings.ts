/** What a person may set of an experiment in place of what its size gives: described as data, checked before anything runs. */

export interface NumberSetting {
  readonly kind: "number";
  readonly what: string;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

export interface WordSetting<Word extends string = string> {
  readonly kind: "word";
  readonly what: string;
  readonly words: readonly Word[];
}

export type Setting = NumberSetting | WordSetting;
export type SettingSchema = Readonly<Record<string, Setting>>;

/** Values by name; numbers may be given as text, as the command line has them. */
export type GivenSettings = Readonly<Record<string, number | string>>;

type ValueOf<S extends Setting> = S extends WordSetting<infer Word> ? Word : number;
/** The values that a schema describes. */
export type SettingsOf<S extends SettingSchema> = { readonly [Name in keyof S]: ValueOf<S[Name]> };

export const numberSetting = (what: string, [least, most]: readonly [number, number]): NumberSetting => ({
  kind: "number",
  what,
  least,
  most,
  whole: false,
});

export const wholeSetting = (what: string, range: readonly [number, number]): NumberSetting => ({
  ...numberSetting(what, range),
  whole: true,
});

export const wordSetting = <Word extends string>(what: string, words: readonly Word[]): WordSetting<Word> => ({
  kind: "word",
  what,
  words,
});

/** @example rangeText(wholeSetting("steps", [1, 10])) // "a whole number from 1 to 10" */
export function rangeText(setting: Setting): string {
  if (setting.kind === "word") return `one of ${setting.words.join(", ")}`;
  return `a ${setting.whole ? "whole number" : "number"} from ${setting.least} to ${setting.most}`;
}

/** The value as the setting has it; undefined where the setting does not take it. */
function taken(setting: Setting, given: number | string): number | string | undefined {
  if (setting.kind === "word") return setting.words.find((word) => word === given);
  const value = typeof given === "string" && given.trim() === "" ? Number.NaN : Number(given);
  if (!(value >= setting.least && value <= setting.most)) return undefined;
  return setting.whole && !Number.isInteger(value) ? undefined : value;
}

/**
 * @param id of the experiment, for the error
 * @throws RangeError naming the setting that is not known, or the value that is out of range, and what would do
 */
export function checkSettings(id: string, schema: SettingSchema, given: GivenSettings): void {
  for (const [name, value] of Object.entries(given)) {
    const setting = Object.hasOwn(schema, name) ? schema[name] : undefined;
    const names = Object.keys(schema);
    if (setting === undefined)
      throw new RangeError(
        `reproduce: ${id} has no setting ${JSON.stringify(name.slice(0, 60))}, ${names.length === 0 ? "it has none" : `use ${names.join(", ")}`}`,
      );
    if (taken(setting, value) === undefined)
      throw new RangeError(
        `reproduce: ${id}: ${name} must be ${rangeText(setting)}, got ${JSON.stringify(String(value).slice(0, 60))}`,
      );
  }
}

/**
 * The defaults with what was given in their place.
 *
 * @example settled({ steps: wholeSetting("steps", [1, 9]) }, { steps: 5 }, { steps: "7" }).steps // 7
 * @throws RangeError as `checkSettings`
 */
export function settled<S extends SettingSchema>(
  schema: S,
  defaults: SettingsOf<S>,
  given: GivenSettings,
): SettingsOf<S> {
  checkSettings("the experiment", schema, given);
  const values = Object.entries(schema).flatMap(([name, setting]) => {
    const value = given[name];
    return value === undefined ? [] : [[name, taken(setting, value)] as const];
  });
  // Each value has just been taken by the setting of its name.
  return { ...defaults, ...Object.fromEntries(values) } as SettingsOf<S>;
}
