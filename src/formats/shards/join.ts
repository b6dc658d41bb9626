/** Models of single shards as one. */

import type { Model, Parameter } from "../../model/types.ts";
import { FormatError } from "../error.ts";
import { inferRoles } from "../roles.ts";
import { shown } from "../shape.ts";
import type { ShardIndex } from "./parse.ts";

/** One shard as it was read. */
export interface OpenShard {
  readonly name: string;
  readonly model: Model;
}

/**
 * One model of all shards, in their order. Index and shards must name the same tensors, each in one place.
 *
 * @throws FormatError naming the tensor and the shard
 */
export function joinShards(
  { shards }: ShardIndex,
  open: readonly OpenShard[],
  { name }: { readonly name: string },
): Model {
  const homes = new Map<string, Model>();
  const parameters: Parameter[] = [];
  for (const { name: shard, model } of open) {
    const named = shards.get(shard) ?? new Set<string>();
    for (const parameter of model.parameters.values()) {
      if (homes.has(parameter.name)) {
        throw new FormatError(
          `shard index: tensor ${shown(parameter.name)} lies in two shards, ${shown(shard)} is the second`,
        );
      }
      if (!named.has(parameter.name)) {
        throw new FormatError(
          `shard index: ${shown(shard)} holds tensor ${shown(parameter.name)}, which the index has not there, write it again`,
        );
      }
      homes.set(parameter.name, model);
      parameters.push(parameter);
    }
    for (const tensor of named) {
      if (homes.get(tensor) !== model) {
        throw new FormatError(
          `shard index: tensor ${shown(tensor)} is missing in ${shown(shard)}, fetch the shard again`,
        );
      }
    }
  }
  // Siblings may lie in different shards: roles are told from all names together.
  const roles = inferRoles(parameters);
  const [first] = open;
  if (!first) throw new FormatError("shard index: names no shards, give the index of a sharded model");
  return {
    ...first.model,
    name,
    parameters: new Map(
      parameters.map((parameter) => [
        parameter.name,
        { ...parameter, role: roles.get(parameter.name) ?? parameter.role },
      ]),
    ),
    notes: first.model.notes,
    read: (parameter) => homes.get(parameter)?.read(parameter) ?? null,
    tiles: (parameter) => homes.get(parameter)?.tiles?.(parameter) ?? null,
  };
}
