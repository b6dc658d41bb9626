/**
 * The lab's server: this machine alone can reach it, it answers with the lab's own files alone, and its pages can load
 * nothing from elsewhere.
 */

import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type LabFile, labFiles } from "./files.ts";

const HOST = "127.0.0.1";

/**
 * No inline script or style, nothing from elsewhere. jax-js compiles WebAssembly (wasm-unsafe-eval) and makes its threads
 * from a blob; pictures are drawn through blobs and data.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  // With these a page may share memory between its workers.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" });
  response.end(`${why}\n`);
}

/** The path before ? and #, decoded; null where it cannot be. */
function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] ?? "");
  } catch {
    return null;
  }
}

export interface RunningLab {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

function answer(files: ReturnType<typeof labFiles>, hosts: ReadonlySet<string>) {
  return ({ headers, method, url = "/" }: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(url);
    const file = path === null ? undefined : files.get(path);
    // A page elsewhere whose name has been pointed at this machine still says its own name (DNS rebinding).
    if (!hosts.has(headers.host ?? "")) refuse(response, 403, "the lab answers on this machine only");
    else if (method !== "GET" && method !== "HEAD") refuse(response, 405, "the lab only gives files");
    else if (file === undefined) refuse(response, 404, "the lab has no such file");
    else send(file, path?.startsWith("/assets/") ?? false, method === "HEAD", response);
  };
}

/** Names under assets/ hold a hash of the content: they may be kept for ever. */
function send({ path, type }: LabFile, hashed: boolean, headOnly: boolean, response: ServerResponse): void {
  const cache = hashed ? "public, max-age=31536000, immutable" : "no-cache";
  response.writeHead(200, { ...HEADERS, "content-type": type, "cache-control": cache });
  if (headOnly) {
    response.end();
    return;
  }
  const stream = createReadStream(path);
  stream.on("error", () => response.destroy());
  stream.pipe(response);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.removeListener("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

const taken = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES");

/**
 * Serves the folder on the loopback address, at `port` or, where that is taken, at one that the system gives.
 *
 * @example const lab = await serveLab(labFolder(), 0); lab.url // "http://127.0.0.1:41873/"
 */
export async function serveLab(folder: string, port: number): Promise<RunningLab> {
  const hosts = new Set<string>();
  const server = createServer(answer(labFiles(folder), hosts));
  const bound = await listen(server, port).catch((error: unknown) => {
    if (port !== 0 && taken(error)) return listen(server, 0);
    throw error;
  });
  for (const name of [HOST, "localhost"]) hosts.add(`${name}:${bound}`);
  if (bound === 80) for (const name of [HOST, "localhost"]) hosts.add(name);
  return {
    url: `http://${HOST}:${bound}/`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
