// Python peers, where they are installed.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The first Python that has the package, or null. */
export function pythonWith(name) {
  const has = (python) => spawnSync(python, ["-c", `import ${name}`], { stdio: "ignore" }).status === 0;
  return ["python3", "/usr/bin/python3"].find(has) ?? null;
}

/**
 * A process that reads a line and answers with one, so that rounds can take turns with it; null where the package is not there.
 *
 * @param script prints the package's version first
 */
export async function startPython(name, script, { args = [], env = process.env } = {}) {
  const python = pythonWith(name);
  if (python === null) return null;
  const child = spawn(python, ["-c", script, ...args], { env, stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return null;
  return {
    version: first.value,
    /** Numbers of the answer. */
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { value } = await lines.next();
      return value.split(" ").map(Number);
    },
    async stop() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
