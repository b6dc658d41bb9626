/** The library's door to files, for Node: `import { openModel } from "epoch0/node"`. */

export { openModel } from "./formats/file.ts";
