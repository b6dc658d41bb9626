/** Where the corpus lies: beside the clone. */
import { fileURLToPath } from "node:url";

export const shared = fileURLToPath(new URL("../../../shared/", import.meta.url));
