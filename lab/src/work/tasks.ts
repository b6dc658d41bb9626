/** Which screens have work for the worker. A screen's library code is loaded when it is first asked. */

import type { Tasks } from "./protocol.ts";

export const taskModules: Readonly<Record<string, () => Promise<Tasks>>> = {
  signal: () => import("../screens/signal/compute.ts"),
  neuron: () => import("../screens/neuron/compute.ts"),
  twins: () => import("../screens/twins/compute.ts"),
  phase: () => import("../screens/phase/compute.ts"),
  model: () => import("../screens/model/compute.ts"),
  rate: () => import("../screens/rate/compute.ts"),
  race: () => import("../screens/race/compute.ts"),
  choose: () => import("../screens/choose/compute.ts"),
};
