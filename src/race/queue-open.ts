/** A race as it is ordered: names of a model and of data, which each worker opens for itself. */

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { openModel, readData, readNamedData } from "../formats/file.ts";
import type { Model } from "../model/types.ts";
import { BUILT_IN, type Dataset, fitTask, type NamedDataset, type Task } from "./data/index.ts";
import type { RaceSettings } from "./types.ts";

export interface RaceOrder {
  /** A file or an architecture line. */
  readonly model: string;
  /** A built-in name or a file. */
  readonly data: string;
  readonly standardise: boolean;
  readonly settings: RaceSettings;
}

export interface OpenedRace {
  readonly model: Model;
  readonly task: Task;
}

/** Errors: as the readers say them, or `data: …` where the data does not fit the model. */
export async function openRace({ model: path, data, standardise, settings }: RaceOrder): Promise<OpenedRace> {
  const model = await openModel(path, { batch: settings.batch });
  if (model.batch !== settings.batch && model.nodes.length > 0) {
    throw new Error(`race: ${model.name} is written for batches of ${model.batch}, got --batch ${settings.batch}`);
  }
  const name = builtInName(data);
  const task = fitTask(model, name ?? (await openData(data, model)), { seed: settings.seed, standardise });
  return { model, task };
}

/** A file of that name in the folder wins over the built-in data. */
export function builtInName(data: string): (typeof BUILT_IN)[number] | undefined {
  return existsSync(data) ? undefined : BUILT_IN.find((name) => name === data);
}

async function openData(path: string, model: Model): Promise<Dataset | NamedDataset> {
  if (!existsSync(path)) {
    throw new Error(`data: no file ${JSON.stringify(path)}, give a file or one of ${BUILT_IN.join(", ")}`);
  }
  const name = basename(path);
  if (model.inputs.length > 1) return { name, ...(await readNamedData(path)) };
  const { inputs, shape, labels, classes } = await readData(path);
  return { name, count: shape[0] ?? 0, inputs, shape: shape.slice(1), labels, classes };
}
