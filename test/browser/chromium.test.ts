/** The library in a real browser: the same bits drawn, the same losses learned. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { type Answer, work } from "./work.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
if (browser === undefined) process.stderr.write("no Chromium or Chrome here: the browser tests did not run\n");

/** What a page must be served with to share memory between its threads. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };
/** WebGPU by Chromium's own software adapter: machines that test have no graphics card. */
const FLAGS =
  "--headless --no-sandbox --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

const profile = mkdtempSync(join(tmpdir(), "epoch0-browser-"));
const started: { server?: Server; process?: ChildProcess } = {};
afterAll(async () => {
  started.server?.close();
  if (started.process?.pid !== undefined) {
    const ended = new Promise((resolve) => started.process?.once("exit", resolve));
    // The whole group: a browser's own processes go on writing into its profile for a moment.
    process.kill(-started.process.pid, "SIGKILL");
    await ended;
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** Opens the page and waits for what it sends back. */
function inBrowser(executable: string): Promise<Answer> {
  return new Promise((resolve) => {
    const server = createServer((request, response) => {
      if (request.url === "/answer") {
        let text = "";
        request.on("data", (chunk) => {
          text += chunk;
        });
        request.on("end", () => {
          response.end();
          resolve(JSON.parse(text));
        });
        return;
      }
      const path = join(root, normalize(decodeURIComponent(request.url ?? "/")));
      if (!path.startsWith(root) || !existsSync(path)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...ISOLATED });
      response.end(readFileSync(path));
    });
    started.server = server;
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const page = `http://127.0.0.1:${port}/test/browser/page.html`;
      started.process = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`, page], {
        stdio: "ignore",
        detached: true,
      });
    });
  });
}

test.skipIf(browser === undefined)("draws the same bits and learns the same as Node", async () => {
  const library: unknown = await import(new URL("../../dist/index.js", import.meta.url).href);
  const bytes = new Uint8Array(readFileSync(join(root, "examples", "digits-mlp.onnx")));
  const here: Answer = await work(library, bytes);
  const there = await inBrowser(browser ?? "");
  expect(there.error).toBeUndefined();
  expect(Object.keys(here.hashes).length).toBeGreaterThan(40);
  expect(there.hashes).toEqual(here.hashes);
  expect(there.losses).toHaveLength(20);
  // Both run the same WebAssembly; the order of its threads' sums may differ: some ulps of float32, that 20 steps carry on.
  there.losses.forEach((loss, i) => {
    expect(Math.abs(loss / here.losses[i]! - 1)).toBeLessThan(20 * 2 ** -20);
  });
  expect(here.webgpu.refused).toMatch(/^run: no WebGPU here/);
  if (there.webgpu.losses === undefined) {
    expect(there.webgpu.refused).toMatch(/^run: (no WebGPU here|the device "webgpu" does not start here)/);
    process.stderr.write(`WebGPU was not tested, Chromium says: ${there.webgpu.refused}\n`);
    return;
  }
  // Another order of sums over 64 and 16 terms, the logarithm and the exponential to some ulps of a graphics card: 2⁻¹⁶ of
  // the first loss; each of 20 steps adds its own.
  expect(there.webgpu.losses).toHaveLength(20);
  there.webgpu.losses.forEach((loss, i) => {
    expect(Math.abs(loss / here.losses[i]! - 1)).toBeLessThan((i + 1) * 2 ** -16);
  });
});
