// `npm run kernels`: compiles every src/kernels/assembly/NAME.ts to src/kernels/wasm/NAME.ts, a WebAssembly module as base64.
// Folders in assembly/ hold parts that modules share. `--check` writes nothing and fails where a module is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const room = fileURLToPath(new URL("../src/kernels/", import.meta.url));

/** No runtime: the kernels allocate nothing, their callers give them a memory and lay it out. */
const FLAGS =
  "-O3 --converge --noAssert --runtime stub --enable simd --use abort= --importMemory --maximumMemory 65536".split(" ");

export const modules = () =>
  readdirSync(join(room, "assembly"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => basename(name, ".ts"));

/** The text of src/kernels/wasm/NAME.ts. The same compiler gives the same bytes on every machine. */
export async function compile(name) {
  let binary = null;
  const { error, stderr } = await asc.main([`assembly/${name}.ts`, "--outFile", `${name}.wasm`, ...FLAGS], {
    readFile: (file, base) => {
      const path = join(base === "." ? room : base, file);
      return existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile: (_, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null) throw new Error(`kernels: ${name} does not compile\n${stderr.toString()}`);
  const text = Buffer.from(binary).toString("base64");
  return {
    bytes: binary.length,
    source: `// Made by \`npm run kernels\` from src/kernels/assembly/${name}.ts.\n\nexport default "${text}";\n`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of modules()) {
    const { bytes, source } = await compile(name);
    const path = join(room, "wasm", `${name}.ts`);
    const stale = !existsSync(path) || readFileSync(path, "utf8") !== source;
    if (stale && process.argv.includes("--check")) {
      process.stderr.write(`kernels: ${path} is not what its source gives, run \`npm run kernels\`\n`);
      process.exitCode = 1;
    } else if (stale) writeFileSync(path, source);
    process.stdout.write(`${name}: ${bytes} bytes${stale ? "" : ", up to date"}\n`);
  }
}
