/** A project's configuration: what a file may say, checked key by key. */

import { RULES } from "./rules/index.ts";
import type { IgnoreEntry, SettingsInput } from "./settings.ts";
import { type RuleName, SEVERITIES, type Severity } from "./types.ts";

export interface Config extends SettingsInput {
  /** Severity from which on the exit code is 1. Default "error". */
  readonly failOn?: "warning" | "error";
  /** A baseline file, from the configuration's own folder. */
  readonly baseline?: string;
}

/** What is wrong with a configuration, with the path of the key. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Types a configuration in `epoch0.config.ts` or `.js`; gives it back as it is.
 *
 * @example export default defineConfig({ rules: { "large-logits": "off" } });
 */
export function defineConfig(config: Config): Config {
  return config;
}

type Fields = Readonly<Record<string, unknown>>;

const say = (path: string, wanted: string, got: unknown): never => {
  const shown =
    typeof got === "string"
      ? JSON.stringify(got.slice(0, 60))
      : got === null
        ? "null"
        : typeof got === "object"
          ? Array.isArray(got)
            ? "a list"
            : "an object"
          : String(got);
  throw new ConfigError(`${path}: must be ${wanted}, got ${shown}`);
};

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return say(path, "an object", value);
  return { ...value };
}

function onlyKeys(fields: Fields, known: readonly string[], path: string): void {
  for (const key of Object.keys(fields))
    if (!known.includes(key))
      throw new ConfigError(`${path === "" ? "" : `${path}.`}${key}: unknown key, use ${known.join(", ")}`);
}

const ruleNames: readonly RuleName[] = RULES.map(({ name }) => name);
const isRule = (name: string): name is RuleName => ruleNames.some((known) => known === name);

function oneOf<Word extends string>(value: unknown, words: readonly Word[], path: string): Word {
  const found = words.find((word) => word === value);
  return found ?? say(path, words.map((word) => JSON.stringify(word)).join(" or "), value);
}

function textOf(value: unknown, path: string): string {
  return typeof value === "string" && value.trim() !== "" ? value : say(path, "a text that is not empty", value);
}

function rulesOf(value: unknown): SettingsInput["rules"] {
  const fields = fieldsOf(value, "rules");
  onlyKeys(fields, ruleNames, "rules");
  const words: readonly (Severity | "off")[] = ["off", ...SEVERITIES];
  return Object.fromEntries(Object.entries(fields).map(([name, word]) => [name, oneOf(word, words, `rules.${name}`)]));
}

function thresholdsOf(value: unknown): SettingsInput["thresholds"] {
  const fields = fieldsOf(value, "thresholds");
  onlyKeys(fields, ruleNames, "thresholds");
  return Object.fromEntries(
    Object.entries(fields).map(([name, each]) => {
      const path = `thresholds.${name}`;
      const known = Object.keys(RULES.find((rule) => rule.name === name)?.thresholds ?? {});
      const numbers = fieldsOf(each, path);
      if (known.length === 0) throw new ConfigError(`${path}: rule ${name} has no thresholds, leave it out`);
      onlyKeys(numbers, known, path);
      const checked = Object.entries(numbers).map(([key, number]): [string, number] => [
        key,
        typeof number === "number" && Number.isFinite(number)
          ? number
          : say(`${path}.${key}`, "a finite number", number),
      ]);
      return [name, Object.fromEntries(checked)];
    }),
  );
}

function ignoreOf(value: unknown): readonly IgnoreEntry[] {
  if (!Array.isArray(value)) return say("ignore", "a list", value);
  return value.map((entry: unknown, i) => {
    const path = `ignore[${i}]`;
    const fields = fieldsOf(entry, path);
    onlyKeys(fields, ["rule", "names", "reason"], path);
    const rule = fields.rule === undefined ? "*" : textOf(fields.rule, `${path}.rule`);
    if (rule !== "*" && !isRule(rule)) say(`${path}.rule`, `a rule (${ruleNames.join(", ")}) or "*"`, rule);
    // An exception that nobody can explain is not one.
    return { rule, names: textOf(fields.names, `${path}.names`), reason: textOf(fields.reason, `${path}.reason`) };
  });
}

/**
 * Checks what a configuration file holds.
 *
 * @throws ConfigError with the path of the first key that is wrong
 * @example configOf({ rules: { saturated: "warning" } })
 */
export function configOf(value: unknown): Config {
  const fields = fieldsOf(value, "the configuration");
  onlyKeys(fields, ["rules", "thresholds", "ignore", "failOn", "baseline"], "");
  return {
    ...(fields.rules === undefined ? {} : { rules: rulesOf(fields.rules) ?? {} }),
    ...(fields.thresholds === undefined ? {} : { thresholds: thresholdsOf(fields.thresholds) ?? {} }),
    ...(fields.ignore === undefined ? {} : { ignore: ignoreOf(fields.ignore) }),
    ...(fields.failOn === undefined ? {} : { failOn: oneOf(fields.failOn, ["warning", "error"] as const, "failOn") }),
    ...(fields.baseline === undefined ? {} : { baseline: textOf(fields.baseline, "baseline") }),
  };
}
