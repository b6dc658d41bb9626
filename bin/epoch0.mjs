#!/usr/bin/env node
// In a clone the build is made on first use; an installed package always has it.
import { existsSync } from "node:fs";

const built = new URL("../dist/cli.js", import.meta.url);

if (!existsSync(built) && existsSync(new URL("../scripts/prepare.mjs", import.meta.url))) {
  const { prepare } = await import("../scripts/prepare.mjs");
  prepare();
}
const { main } = await import(built.href);
await main();
