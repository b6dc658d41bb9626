/** Units that start equal stay one unit; a network that is small enough to be drawn. */

export { type Layer, SIZES } from "./network.ts";
export {
  areTwins,
  descent,
  type Frame,
  STARTS,
  STEPS,
  type Start,
  type Training,
  training,
  UNITS,
} from "./training.ts";
