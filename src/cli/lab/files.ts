/** The built lab's files: read from one folder, listed once, so that nothing else can be asked for. */

import { existsSync, readdirSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../errors.ts";

export interface LabFile {
  readonly path: string;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/** Beside the built program, and where the build puts it for a program run from its sources. */
const PLACES = ["./lab/", "../../../dist/lab/"];

/** @throws UsageError where the lab has not been built */
export function labFolder(): string {
  const found = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((folder) =>
    existsSync(join(folder, "index.html")),
  );
  if (found === undefined)
    throw new UsageError("lab: its page is missing from this installation, install epoch0 again or run npm run build");
  return found;
}

/** Every file of the folder, by the path it is asked for: "/", "/index.html", "/assets/…". */
export function labFiles(folder: string): ReadonlyMap<string, LabFile> {
  const files = new Map<string, LabFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)] ?? "application/octet-stream";
    files.set(`/${relative(folder, path).replaceAll("\\", "/")}`, { path, type });
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}
