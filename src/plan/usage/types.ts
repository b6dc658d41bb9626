/** What a scheme may know of a parameter: what uses it, how, and what stands before and after. */

import type { ActivationNode, Node, Parameter } from "../../model/types.ts";
import type { AttentionPlace } from "./attention.ts";
import type { FanConventions } from "./fans.ts";
import type { Graph } from "./graph.ts";
import type { OutputLink } from "./neighbours.ts";
import type { Part } from "./parts.ts";
import type { Residual } from "./residual.ts";

export interface ParameterUsage {
  readonly parameter: Parameter;
  readonly part: Part;
  /** Layer kind: "linear", "conv", "depthwise-conv", "grouped-conv", "conv-transpose", "embedding", "lstm", "batch-norm", … */
  readonly op: string;
  /** First node that uses it; null where the file has no graph. */
  readonly node: Node | null;
  /** Nodes that use it; more than one where the parameter is shared. */
  readonly uses: readonly Node[];
  readonly fans: FanConventions;
  /** Gates of a recurrent parameter in their order along axis 0; otherwise empty. */
  readonly gates: readonly string[];
  readonly hidden: number;
  /** The weight beside which a bias stands. */
  readonly owner: string | null;
  /** What the node computes with it, where it is a weight or a table. */
  readonly output: string | null;
  readonly input: string | null;
  readonly activation: ActivationNode | null;
  readonly preceding: ActivationNode | null;
  /** A normalization follows directly: the weight's scale has no effect on what comes out. */
  readonly normalized: boolean;
  readonly residual: Residual | null;
  /** It sets the size of what its residual branch writes. */
  readonly writes: boolean;
  readonly readout: OutputLink | null;
  readonly attention: AttentionPlace | null;
  readonly gate: boolean;
  readonly first: boolean;
  /** Used both as a table and as a matrix. */
  readonly tied: boolean;
}

export interface Usages {
  readonly graph: Graph;
  readonly byName: ReadonlyMap<string, ParameterUsage>;
  readonly residuals: readonly Residual[];
  /** Number of residual branches of each stream. */
  readonly streams: readonly number[];
}
