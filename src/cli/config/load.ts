/** `epoch0.config.{json,js,ts}`: found upward from the working directory, read, checked. */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Config, ConfigError, configOf } from "../../check/config.ts";
import { oneLine, UsageError } from "../errors.ts";

/** In this order where a folder has several. */
const NAMES = ["epoch0.config.ts", "epoch0.config.js", "epoch0.config.mjs", "epoch0.config.json"] as const;

export interface LoadedConfig {
  readonly path: string;
  readonly config: Config;
}

function findUpward(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return null;
  }
}

async function contentsOf(path: string): Promise<unknown> {
  const suffix = extname(path).toLowerCase();
  if (suffix === ".json") return JSON.parse(readFileSync(path, "utf8"));
  if (suffix === ".js" || suffix === ".mjs") {
    const module: { readonly default?: unknown } = await import(pathToFileURL(realpathSync(path)).href);
    return module.default;
  }
  if (suffix === ".ts") {
    // Loaded only where there is such a file: reading TypeScript costs a tenth of a second.
    const { createJiti } = await import("jiti");
    return createJiti(pathToFileURL(path).href, { fsCache: false }).import(realpathSync(path), { default: true });
  }
  throw new UsageError(`--config: unknown kind of file ${JSON.stringify(path)}, give .json, .js or .ts`);
}

/**
 * The configuration: of `path`, or of the nearest folder upward that has one; null where there is none.
 *
 * @throws UsageError in one line with the file and the path of the key
 */
export async function loadConfig(path: string | undefined, cwd: string): Promise<LoadedConfig | null> {
  const found = path === undefined ? findUpward(cwd) : resolve(cwd, path);
  if (found === null) return null;
  if (!existsSync(found)) throw new UsageError(`--config: no file ${found}, check the path`);
  let value: unknown;
  try {
    value = await contentsOf(found);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    throw new UsageError(`config: cannot read ${found}, ${reason}`);
  }
  if (value === undefined) throw new UsageError(`config: ${found} has no default export, add one`);
  try {
    return { path: found, config: configOf(value) };
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(`config: ${found}: ${error.message}`);
    throw error;
  }
}
