/** What the tensors that findings name would be if they were drawn anew: the law that `init --fix` draws, too. */

import type { Model } from "../model/types.ts";
import { type PlanOptions, plan } from "../plan/index.ts";
import type { PlannedTensor } from "../plan/types.ts";
import type { Finding } from "./types.ts";

export interface Mender {
  /** Replacements of the named parameters. */
  readonly replacing: (names: Iterable<string>) => ReadonlyMap<string, PlannedTensor>;
}

/** Plans once, when the first tensor is asked for. */
export function mender(model: Model, options: PlanOptions): Mender {
  let planned: ReadonlyMap<string, PlannedTensor> | null = null;
  return {
    replacing(names) {
      const wanted = [...names];
      if (wanted.length === 0) return new Map();
      planned ??= new Map(plan(model, options).tensors.map((tensor) => [tensor.name, tensor]));
      return new Map(
        wanted.flatMap((name) => {
          const tensor = planned?.get(name);
          return tensor ? [[name, tensor] as const] : [];
        }),
      );
    },
  };
}

/** Parameters that drawing anew would mend, each once, in the order of the findings. */
export function tensorsToRedraw(findings: readonly Finding[]): string[] {
  return [...new Set(findings.flatMap(({ severity, redraw }) => (severity === "info" ? [] : (redraw ?? []))))];
}
