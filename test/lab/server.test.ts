/** The lab's server: its own files, to this machine, and nothing else. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningLab, serveLab } from "../../src/cli/lab/server.ts";

let folder = "";
let lab: RunningLab;
beforeAll(async () => {
  const outside = mkdtempSync(join(tmpdir(), "epoch0-lab-"));
  folder = join(outside, "lab");
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<!doctype html>page");
  writeFileSync(join(folder, "assets", "a b.js"), "1");
  writeFileSync(join(outside, "secret"), "secret");
  symlinkSync(join(outside, "secret"), join(folder, "link.js"));
  symlinkSync(outside, join(folder, "out"));
  lab = await serveLab(folder, 0);
});
afterAll(async () => {
  await lab.close();
  rmSync(join(folder, ".."), { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** `path` goes out as it stands: `fetch` would tidy it first. */
function get(path: string, { method = "GET", host = `127.0.0.1:${lab.port}` } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port: lab.port, path, method, headers: { host } }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    call.on("error", reject);
    call.end();
  });
}

test("gives its files, by any way of writing their names", async () => {
  for (const path of ["/", "/index.html", "/?x=1"]) expect((await get(path)).body).toBe("<!doctype html>page");
  const script = await get("/assets/a%20b.js");
  expect(script.body).toBe("1");
  expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  const [head, whole] = [await get("/", { method: "HEAD" }), await get("/")];
  expect([head.status, head.body]).toEqual([200, ""]);
  expect(head.headers["content-type"]).toBe(whole.headers["content-type"]);
  expect((await get("/none", { method: "HEAD" })).status).toBe(404);
});

test("gives nothing outside its folder", async () => {
  const ways = [
    "/../secret",
    "/..%2fsecret",
    "/%2e%2e/secret",
    "/assets/../../secret",
    "/assets/..\\..\\secret",
    "/assets/%2e%2e%5c%2e%2e%5csecret",
    "//etc/passwd",
    "/assets/",
    "/assets",
    "/index.html%00",
    "/%",
    // Links that lead out of it.
    "/link.js",
    "/out/secret",
    "/out",
    // A whole address, as a proxy is asked.
    "http://127.0.0.1/index.html",
  ];
  for (const path of ways) {
    const { status } = await get(path);
    expect([path, status]).toEqual([path, 404]);
  }
});

test("answers to its own name only, so that no other site's name can be pointed at it", async () => {
  for (const host of ["evil.example", `evil.example:${lab.port}`, "127.0.0.1", "127.0.0.1:1"])
    expect([host, (await get("/", { host })).status]).toEqual([host, 403]);
  expect((await get("/", { host: `localhost:${lab.port}` })).status).toBe(200);
});

test("only reads", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect((await get("/", { method })).status).toBe(405);
});

test("every answer forbids what is not its own", async () => {
  for (const { headers } of [await get("/"), await get("/none"), await get("/", { host: "evil.example" })]) {
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).not.toContain("'unsafe-eval'");
    expect(policy).not.toContain("http");
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["cross-origin-embedder-policy"]).toBe("require-corp");
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  }
});

test("listens on the loopback address alone, at another port where its own is taken", async () => {
  const other = await serveLab(folder, lab.port);
  expect(other.port).not.toBe(lab.port);
  await other.close();
  const refused = await new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.2", port: lab.port });
    socket.on("error", () => resolve(true));
    socket.on("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
  expect(refused).toBe(true);
});
