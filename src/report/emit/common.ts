/** What the four languages share: parameters that are drawn alike, said once, and text that is safe to write into code. */

import type { Initializer } from "../../init/types.ts";
import type { Plan, PlannedTensor } from "../../plan/types.ts";
import { formatCount } from "../number.ts";
import { printable, wrapText } from "../table.ts";

export const EMIT_TARGETS = ["torch", "keras", "jax", "tfjs"] as const;
export type EmitTarget = (typeof EMIT_TARGETS)[number];

export interface EmitGroup {
  readonly initializer: Initializer;
  readonly tensors: readonly PlannedTensor[];
}

/** Tensors with equal initializers, in order of first appearance; those whose values stay as they are come apart. */
export function emitGroups(plan: Plan): {
  readonly drawn: readonly EmitGroup[];
  readonly kept: readonly PlannedTensor[];
} {
  const groups = new Map<string, { initializer: Initializer; tensors: PlannedTensor[] }>();
  const kept: PlannedTensor[] = [];
  for (const tensor of plan.tensors) {
    if (tensor.initializer.kind === "file") {
      kept.push(tensor);
      continue;
    }
    const key = JSON.stringify(tensor.initializer);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { initializer: tensor.initializer, tensors: [tensor] });
    else group.tensors.push(tensor);
  }
  return { drawn: [...groups.values()], kept };
}

/** A string literal that Python and JavaScript read alike. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A floating-point literal in full, with a point so that Python keeps it a float. */
export function float(value: number): string {
  if (!Number.isFinite(value))
    throw new Error(`emit: a plan's numbers must be finite, got ${value}, check the model's input variance`);
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Comment lines no wider than 100 columns; text from files cannot end the comment. */
export function comment(
  text: string,
  { mark, indent = "" }: { readonly mark: string; readonly indent?: string },
): string[] {
  return wrapText(
    printable(text).replaceAll('"""', "'''").replaceAll("*/", "* /").replaceAll("\\", "/"),
    98 - mark.length - indent.length,
  ).map((line) => `${indent}${mark} ${line}`);
}

/** The facts a reader of the code needs, in the same words for every language. */
export function provenance(plan: Plan): string {
  return (
    `Initial weights of ${plan.model.name} (${formatCount(plan.model.parameters)} parameters, ` +
    `${formatCount(plan.model.scalars)} scalars): scheme ${plan.scheme}, planned by Epoch0.`
  );
}

/** The reason of a group's first tensor, for the comment above its lines. */
export function groupReason({ tensors }: EmitGroup): string {
  const first = tensors[0];
  if (first === undefined) return "";
  const like = tensors.length > 1 ? ` and ${formatCount(tensors.length - 1)} like it` : "";
  return `${first.name}${like}: ${first.why}`;
}

/** Which helper functions the emitted code needs, and their source, in a fixed order. */
export class Helpers<Name extends string> {
  readonly #used = new Set<Name>();
  readonly #sources: Readonly<Record<Name, string>>;

  constructor(sources: Readonly<Record<Name, string>>) {
    this.#sources = sources;
  }

  use(name: Name): Name {
    this.#used.add(name);
    return name;
  }

  sources(): string[] {
    return (Object.keys(this.#sources) as Name[])
      .filter((name) => this.#used.has(name))
      .map((name) => this.#sources[name]);
  }
}

/** `for name in (…):` items, several to a line. */
export function nameList(names: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const name of names.map(quote)) {
    if (line !== "" && indent.length + line.length + name.length + 3 > 100) {
      lines.push(`${indent}${line.trimEnd()}`);
      line = "";
    }
    line += `${name}, `;
  }
  lines.push(`${indent}${line.trimEnd()}`);
  return lines;
}

/** Guess of the name a Keras or TF.js model gives a parameter; the emitted table is there to be edited. */
export function kerasName({ name, role }: PlannedTensor): string {
  const dot = name.lastIndexOf(".");
  const layer = name.slice(0, Math.max(0, dot)).replaceAll(".", "/");
  const own = name.slice(dot + 1);
  const renamed = {
    weight: "kernel",
    scale: "gamma",
    shift: "beta",
    embedding: "embeddings",
    recurrent: "recurrent_kernel",
  } as const;
  const leaf =
    own === "running_mean"
      ? "moving_mean"
      : own === "running_var"
        ? "moving_variance"
        : role === "bias" || role === "statistic" || role === "other"
          ? own
          : renamed[role];
  return layer === "" ? leaf : `${layer}/${leaf}`;
}
