/** Lists of shapes: models without weights. */

export { MAX_SHAPES, readShapes } from "./read.ts";
