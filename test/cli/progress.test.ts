import { expect, test } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

function record(progress: boolean) {
  const written: string[] = [];
  const terminal: Terminal = {
    out: () => {},
    err: (text) => written.push(text),
    width: 100,
    color: false,
    progress,
    signal: new AbortController().signal,
  };
  let time = 0;
  return { written, bar: createProgress(terminal, { now: () => time }), wait: (ms: number) => (time += ms) };
}

test("quiet for the first second, then a line that is wiped at the end", () => {
  const { written, bar, wait } = record(true);
  bar.update(0.1, "drawing");
  wait(999);
  bar.update(0.2, "drawing");
  expect(written).toEqual([]);
  wait(200);
  bar.update(0.5, "drawing");
  wait(10);
  bar.update(0.51, "drawing");
  expect(written).toHaveLength(1);
  expect(written[0]).toContain("50 %  drawing");
  bar.end();
  expect(written.at(-1)).toBe("\r\u001b[2K");
});

test("nothing where stderr is no terminal, nothing to wipe after quick work", () => {
  const piped = record(false);
  piped.wait(5000);
  piped.bar.update(0.5, "drawing");
  piped.bar.end();
  expect(piped.written).toEqual([]);
  const quick = record(true);
  quick.bar.update(0.5, "drawing");
  quick.bar.end();
  expect(quick.written).toEqual([]);
});

test("what is left is told once the rate is known, and anew for the next stretch of work", () => {
  const { written, bar, wait } = record(true);
  bar.update(0, "drawing");
  wait(2000);
  bar.update(0.1, "drawing");
  expect(written.at(-1)).toContain("10 %  drawing");
  wait(8000);
  bar.update(0.5, "drawing");
  expect(written.at(-1)).toContain("50 %, 10 s left  drawing");
  // The share falls: another stretch, whose rate is counted from here.
  bar.update(0, "writing");
  wait(100_000);
  bar.update(0.25, "writing");
  expect(written.at(-1)).toContain("25 %, 5 min left  writing");
  wait(1000);
  bar.update(0.99, "writing");
  expect(written.at(-1)).toContain("99 %  writing");
});
