/** The screens, in the order of the navigation. A screen is loaded when it is first shown. */

import type { Component } from "svelte";

export interface Screen {
  /** In the link. */
  readonly name: string;
  /** In the navigation. */
  readonly title: string;
  readonly load: () => Promise<{ readonly default: Component }>;
}

export const screens: readonly Screen[] = [
  { name: "signal", title: "Signal", load: () => import("./screens/signal/screen.svelte") },
  { name: "neuron", title: "Neuron", load: () => import("./screens/neuron/screen.svelte") },
  { name: "twins", title: "Zeros and twins", load: () => import("./screens/twins/screen.svelte") },
  { name: "phase", title: "Phase map", load: () => import("./screens/phase/screen.svelte") },
  { name: "model", title: "My model", load: () => import("./screens/model/screen.svelte") },
  { name: "rate", title: "Rate and scale", load: () => import("./screens/rate/screen.svelte") },
  { name: "race", title: "Race", load: () => import("./screens/race/screen.svelte") },
  { name: "choose", title: "Choose", load: () => import("./screens/choose/screen.svelte") },
];
