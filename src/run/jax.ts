/** The door to jax-js: loaded on first use, so that commands that never run a network never pay for it. */

import type * as JaxModule from "@jax-js/jax";
import type { numpy } from "@jax-js/jax";

export type Jax = typeof JaxModule;

/** A jax-js array, concrete or traced. Passing one to a jax-js function gives it away; `.ref` keeps a share. */
export type Tensor = numpy.Array;

export type Device = "wasm" | "webgpu";

let loading: Promise<Jax> | undefined;

/**
 * jax-js with its backend ready: WebAssembly everywhere, or WebGPU where `device` asks for it.
 *
 * Errors: `run: …` when the device is not to be had.
 */
export async function loadJax(device: Device = "wasm"): Promise<Jax> {
  loading ??= import("@jax-js/jax");
  const jax = await loading;
  if (device === "webgpu" && !(typeof navigator !== "undefined" && "gpu" in navigator)) {
    throw new Error('run: no WebGPU here (navigator.gpu is missing), got device "webgpu", use "wasm"');
  }
  const ready = await jax.init(device);
  if (!ready.includes(device)) {
    const hint = device === "webgpu" ? 'no graphics adapter answers, use "wasm"' : "WebAssembly is switched off";
    throw new Error(`run: the device "${device}" does not start here, ${hint}`);
  }
  jax.defaultDevice(device);
  return jax;
}
