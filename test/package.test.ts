/** The package as others get it: what is in it, and that it works installed elsewhere. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { version } from "../src/version.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let elsewhere = "";

/** Packs the clone, unpacks it as a dependency of an empty project; its own dependencies are linked, not fetched. */
beforeAll(() => {
  execFileSync(
    process.execPath,
    ["--input-type=module", "-e", 'const { build } = await import("./scripts/prepare.mjs"); build();'],
    { cwd: root },
  );
  elsewhere = mkdtempSync(join(tmpdir(), "epoch0-package-"));
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", elsewhere], {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
    }),
  );
  const modules = join(elsewhere, "node_modules");
  mkdirSync(join(modules, "epoch0"), { recursive: true });
  execFileSync("tar", ["-xzf", join(elsewhere, filename), "--strip-components=1", "-C", join(modules, "epoch0")]);
  for (const name of Object.keys(manifest.dependencies)) {
    const [scope = "", rest] = name.split("/");
    if (rest !== undefined) mkdirSync(join(modules, scope), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(elsewhere, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

function node(script: string) {
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { cwd: elsewhere, encoding: "utf8" });
}

test("the package holds the build, the program, the papers, and nothing else", () => {
  const [{ files }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--dry-run", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      stdio: "pipe",
    }),
  );
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  const belongs =
    /^(dist\/.+\.(js|d\.ts)|dist\/lab\/(index\.html|icon\.svg|assets\/.+\.(js|css|woff2|wasm|onnx|LICENSE))|bin\/epoch0\.mjs|docs\/(rules\/)?[a-z-]+\.md|docs\/(rules\/)?README\.md|COMPATIBILITY\.md|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
  expect(paths.filter((path) => !belongs.test(path))).toEqual([]);
  for (const path of [
    "dist/index.js",
    "dist/index.d.ts",
    "dist/node.js",
    "dist/node.d.ts",
    "dist/cli.js",
    "dist/lab/index.html",
    "LICENSE",
  ]) {
    expect(paths).toContain(path);
  }
});

test("versions agree", () => {
  expect(manifest.version).toBe(version);
  expect(readFileSync(join(root, "CHANGELOG.md"), "utf8")).toContain(`## ${version}`);
});

test("installed elsewhere, the library plans and draws", () => {
  const { status, stdout, stderr } = node(`
    import { gain, heNormal, initialize, plan, readOnnx } from "epoch0";
    import { openModel } from "epoch0/node";
    const model = await openModel("4 > 8 relu > 2", {});
    const weights = initialize(plan(model, { seed: 1 }), { seed: 1 });
    console.log(JSON.stringify([[...weights.keys()], typeof heNormal, typeof readOnnx, typeof gain]));
  `);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
    "function",
    "function",
    "function",
  ]);
});

test("installed elsewhere, the doors of the adapters need no package of theirs", () => {
  const { status, stdout, stderr } = node(`
    const doors = await Promise.all(["tfjs", "jax", "onnxruntime"].map((door) => import("epoch0/" + door)));
    console.log(JSON.stringify(doors.map((door) => Object.keys(door).sort())));
  `);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual([["applyInit", "createInitializers"], ["drawTree", "toTree"], ["toTensors"]]);
});

/** Files that an entry loads at once, and the modules outside of the package that they name. */
function loadedWith(entry: string): { readonly files: readonly string[]; readonly outside: readonly string[] } {
  const dist = join(elsewhere, "node_modules", "epoch0", "dist");
  const files = new Set<string>();
  const outside = new Set<string>();
  const load = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(dist, file), "utf8");
    for (const [, from = ""] of text.matchAll(/^(?:import|export)\b[^;"']*["']([^"']+)["'];/gm))
      if (from.startsWith("./")) load(from.slice(2));
      else outside.add(from);
  };
  load(entry);
  return { files: [...files], outside: [...outside] };
}

test.each(["index.js", "tfjs.js", "jax.js", "onnxruntime.js"])(
  "%s loads nothing of Node's: browsers take it",
  (entry) => {
    const { files, outside } = loadedWith(entry);
    expect(files.length).toBeGreaterThan(1);
    expect(outside.filter((name) => name.startsWith("node:"))).toEqual([]);
  },
);

test("the program starts with few files, its parser of options among them", () => {
  const { files, outside } = loadedWith("cli.js");
  expect(outside.filter((name) => !name.startsWith("node:"))).toEqual([]);
  // Each costs the start a look-up, a read and a compilation: a hundredth of Node's own start.
  expect(files.length).toBeLessThanOrEqual(4);
});

test("installed elsewhere, the program runs", () => {
  const bin = join(elsewhere, "node_modules", "epoch0", manifest.bin.epoch0);
  const help = spawnSync(process.execPath, [bin, "--help"], { encoding: "utf8" });
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("epoch0 plan model.onnx");
  const gain = spawnSync(process.execPath, [bin, "gain", "relu", "--json"], { encoding: "utf8" });
  expect(JSON.parse(gain.stdout).schema).toBe("epoch0.gain/1");
});

test("installed elsewhere, TypeScript sees the types", () => {
  writeFileSync(
    join(elsewhere, "use.ts"),
    `import { plan, type Model, type Plan } from "epoch0";
     import { openModel } from "epoch0/node";
     const model: Model = await openModel("4 > 2", {});
     const made: Plan = plan(model, { seed: 0 });
     // @ts-expect-error a scheme is a string
     plan(model, { scheme: 3 });
     export const std: number | undefined = made.tensors[0]?.std;`,
  );
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--skipLibCheck",
      "use.ts",
    ],
    { cwd: elsewhere, encoding: "utf8" },
  );
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
