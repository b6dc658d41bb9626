/** What a configuration decides: severities, thresholds, and which findings are ignored. */

import type { Rule } from "./rules/types.ts";
import type { Finding, RuleName, Severity } from "./types.ts";

export interface IgnoreEntry {
  /** Rule, or "*" for every rule. */
  readonly rule: string;
  /** Names of tensors or nodes, `*` for any run of characters. */
  readonly names: string;
  readonly reason: string;
}

export interface SettingsInput {
  readonly rules?: Readonly<Partial<Record<RuleName, Severity | "off">>>;
  readonly thresholds?: Readonly<Partial<Record<RuleName, Readonly<Record<string, number>>>>>;
  readonly ignore?: readonly IgnoreEntry[];
}

export interface Settings {
  /** "off", the severity that every finding of the rule gets, or null for the rule's own. */
  readonly severity: (rule: RuleName) => Severity | "off" | null;
  readonly limit: (rule: Rule, name: string) => number;
  readonly weigh: (finding: Finding) => Finding;
  /** Findings without the ignored ones. */
  readonly keep: (findings: readonly Finding[]) => { readonly findings: readonly Finding[]; readonly ignored: number };
}

/** A name pattern: `*` stands for any run of characters, all else for itself. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*?")}$`).test(name);
}

export function settingsOf({ rules = {}, thresholds = {}, ignore = [] }: SettingsInput): Settings {
  const isIgnored = ({ rule, tensor, node }: Finding) =>
    ignore.some(
      (entry) =>
        (entry.rule === "*" || entry.rule === rule) &&
        [tensor, node].some((name) => name !== undefined && matches(entry.names, name)),
    );
  return {
    severity: (rule) => rules[rule] ?? null,
    limit: (rule, name) => {
      const threshold = rule.thresholds[name];
      if (threshold === undefined) throw new Error(`check: rule ${rule.name} has no threshold ${name}`);
      return thresholds[rule.name]?.[name] ?? threshold.default;
    },
    weigh: (finding) => {
      const severity = rules[finding.rule];
      return severity === undefined || severity === "off" ? finding : { ...finding, severity };
    },
    keep: (findings) => {
      const kept = findings.filter((finding) => !isIgnored(finding));
      return { findings: kept, ignored: findings.length - kept.length };
    },
  };
}
