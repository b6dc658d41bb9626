/** Opens an address in the person's browser; where there is none, the printed address serves. */

import { spawn } from "node:child_process";

export function openInBrowser(url: string, platform: NodeJS.Platform = process.platform): void {
  const [command, ...words] =
    platform === "darwin" ? ["open", url] : platform === "win32" ? ["cmd", "/c", "start", "", url] : ["xdg-open", url];
  const child = spawn(command!, words, { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
