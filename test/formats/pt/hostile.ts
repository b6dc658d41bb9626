/** Hostile PyTorch files, by what is wrong with them. */

import {
  archive,
  type Code,
  dict,
  FALSE,
  global,
  int,
  long,
  MARK,
  ordered,
  pickle,
  proto,
  reduce,
  tensor,
  text,
  tuple,
} from "./build.ts";

const weights = (code: Code): Code => dict([text("w"), code]);

/** A call that a real unpickler would make. */
const evil = (module: string, name: string, ...args: readonly Code[]): Uint8Array =>
  archive(weights(reduce(global(module, name), tuple(...args))));

/** STACK_GLOBAL, protocol 4: the name is assembled on the stack. */
const stacked = Uint8Array.from([...proto(4), ...text("os"), ...text("system"), 0x93, 0x2e]);
const instance = Uint8Array.from([...proto(), ...MARK, 0x69, ...new TextEncoder().encode("os\nsystem\n"), 0x2e]);
const extension = Uint8Array.from([...proto(), 0x82, 1, 0x2e]);

/** Dictionaries whose two entries are the one before: 2^60 tensors for who walks them all. */
function doubling(): Code {
  const code: number[] = [...weights(tensor())];
  for (let level = 0; level < 60; level++) {
    code.push(0x71, level, 0x30); // BINPUT, POP
    code.push(...dict([text("a"), [0x68, level]], [text("b"), [0x68, level]]));
  }
  return [...code, ...text("w"), ...tensor(), 0x73];
}

const selfContained: Code = [0x7d, 0x71, 0, ...text("w"), ...tensor(), 0x73, ...text("self"), 0x68, 0, 0x73];

const good = archive(weights(tensor()));

/** By file name: refused with one line, and read without harm. */
export const refused: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(),
  zeros: new Uint8Array(64),
  text: new TextEncoder().encode("this is no archive"),
  "os-system": evil("os", "system", text("touch /tmp/epoch0-was-run")),
  "posix-system": archive(pickle(reduce(global("posix", "system"), tuple(text("touch /tmp/epoch0-was-run"))))),
  "os-system-legacy": pickle(reduce(global("os", "system"), tuple(text("touch /tmp/epoch0-was-run")))),
  eval: evil("builtins", "eval", text("1")),
  getattr: evil("builtins", "getattr", text("a"), text("b")),
  subprocess: evil("subprocess", "Popen", text("true")),
  "torch-load": evil("torch.storage", "_load_from_bytes", text("")),
  "torch-hub": evil("torch.hub", "load", text("x")),
  "whole-module": evil("__main__", "Net"),
  "script-module": evil("__torch__.torch.nn.modules.linear", "Linear"),
  "stacked-global": archive(stacked),
  instance: archive(instance),
  extension: archive(extension),
  "persistent-text": archive(weights([...text("x"), 0x51])),
  "name-of-newlines": evil("a\u2028b\u0007", "c\u001b[31m"),
  "archive-cut": good.subarray(0, good.length - 40),
  "archive-start-cut": good.subarray(40),
  "pickle-cut": archive(pickle(weights(tensor())).subarray(0, 60)),
  "pickle-empty": archive(new Uint8Array()),
  "no-stop": archive(Uint8Array.from([...proto(), 0x4e])),
  "pop-nothing": archive(Uint8Array.from([...proto(), 0x30, 0x2e])),
  "tuple-without-mark": archive(Uint8Array.from([...proto(), 0x74, 0x2e])),
  "get-nothing": archive(Uint8Array.from([...proto(), 0x68, 7, 0x2e])),
  "text-of-4-GB": archive(Uint8Array.from([...proto(), 0x58, 255, 255, 255, 255, 0x2e])),
  "bytes-of-2^63": archive(Uint8Array.from([...proto(), 0x8e, 0, 0, 0, 0, 0, 0, 0, 128, 0x2e])),
  "integer-of-4-GB": archive(Uint8Array.from([...proto(), 0x8b, 255, 255, 255, 255, 0x2e])),
  "not-utf8": archive(Uint8Array.from([...proto(), 0x58, 1, 0, 0, 0, 255, 0x2e])),
  "protocol-9": archive(Uint8Array.from([...proto(9), 0x4e, 0x2e])),
  "no-storage": archive(weights(tensor({ key: "7" }))),
  "storage-of-other-folder": archive(weights(tensor({ key: "../../../../etc/passwd" }))),
  "storage-short": archive(
    weights(tensor({ elements: int(4096), size: [int(64), int(64)], stride: [int(64), int(1)] })),
  ),
  "offset-past-end": archive(weights(tensor({ offset: int(1) }))),
  "offset-negative": archive(weights(tensor({ offset: int(-1) }))),
  "stride-past-end": archive(weights(tensor({ stride: [int(3), int(1)] }))),
  "stride-negative": archive(weights(tensor({ stride: [int(-2), int(1)] }))),
  "stride-of-other-rank": archive(weights(tensor({ stride: [int(1)] }))),
  "size-overflows": archive(weights(tensor({ size: [long(2n ** 52n), long(2n ** 52n)], stride: [int(0), int(0)] }))),
  "size-beyond-2^53": archive(weights(tensor({ size: [long(2n ** 60n)], stride: [int(0)] }))),
  "repeats-a-terabyte": archive(weights(tensor({ size: [long(2n ** 40n)], stride: [int(0)] }))),
  "size-of-text": archive(weights(tensor({ size: [text("2"), int(2)] }))),
  "size-of-65-axes": archive(weights(tensor({ size: new Array(65).fill(int(1)), stride: new Array(65).fill(int(1)) }))),
  "storage-of-no-class": archive(
    weights(
      reduce(
        global("torch._utils", "_rebuild_tensor_v2"),
        tuple(int(0), int(0), tuple(int(1)), tuple(int(1)), FALSE, ordered),
      ),
    ),
  ),
  "dtype-as-storage": archive(weights(tensor({ storage: "constructorStorage" }))),
  "no-tensors": archive(dict([text("epoch"), int(3)])),
  "three-million-marks": archive(Uint8Array.from([...proto(), ...new Array(3_000_000).fill(0x28)]), {}, { level: 9 }),
};

export const harmless: Readonly<Record<string, Uint8Array>> = {
  good,
  deflated: archive(weights(tensor()), undefined, { level: 9 }),
  doubling: archive(doubling()),
  "self-contained": archive(selfContained),
  prototype: archive(dict([text("__proto__"), tensor()], [text("constructor"), tensor()])),
  "deeply-nested": archive(deep(5000)),
};

/** {"w": tensor, "d": {"d": {"d": …}}}, built inside out. */
function deep(levels: number): Code {
  const code: number[] = [0x7d];
  for (let level = 0; level < levels; level++) {
    // Put the dictionary so far into a new one: BINPUT 0, POP, {}, "d", BINGET 0, SETITEM.
    code.push(0x71, 0, 0x30, 0x7d, ...text("d"), 0x68, 0, 0x73);
  }
  return [...code, ...text("w"), ...tensor(), 0x73];
}
