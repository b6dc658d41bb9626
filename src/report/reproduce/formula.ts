/** Formulas as MathML, which browsers set by themselves: no font, no style sheet, no script. */

import type { Formula } from "../../reproduce/index.ts";

export async function mathOf({ tex }: Formula): Promise<string> {
  const { default: katex } = await import("katex");
  const html = katex.renderToString(tex, { output: "mathml", displayMode: true, throwOnError: true, strict: "error" });
  // The source in TeX, which KaTeX adds, would be read aloud a second time.
  return html.replace(/<annotation[\s\S]*?<\/annotation>/g, "");
}
