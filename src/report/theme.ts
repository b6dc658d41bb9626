/**
 * The one look: forward signal blue, gradient orange, danger magenta, theory a thin neutral. The colours are told apart by
 * people with any of the three colour blindnesses (test/report/theme.test.ts simulates them), and are never the only sign.
 */

import picocolors from "picocolors";

/** Hex colours of the page and the lab, for light and dark ground. */
export const palette = {
  light: {
    ground: "#ffffff",
    text: "#1b1b1f",
    quiet: "#6b6b76",
    rule: "#d9d9e0",
    forward: "#0063b8",
    gradient: "#d97706",
    danger: "#97095c",
  },
  dark: {
    ground: "#141417",
    text: "#ececf1",
    quiet: "#9a9aa6",
    rule: "#36363d",
    forward: "#5cb3ff",
    gradient: "#ffa94d",
    danger: "#ff2f8f",
  },
} as const;

export type Paint = (text: string) => string;

/** What a part of the terminal report is, not how it looks. */
export interface Theme {
  readonly finding: Paint;
  readonly quiet: Paint;
  readonly forward: Paint;
  readonly gradient: Paint;
  readonly danger: Paint;
  readonly theory: Paint;
}

/** Colours of the 256-colour table nearest to the palette's, chosen to read on light and dark ground alike. */
const FORWARD_256 = 33;
const GRADIENT_256 = 208;
const DANGER_256 = 199;

function paint256(index: number): Paint {
  return (text) => (text === "" ? "" : `\u001b[38;5;${index}m${text}\u001b[39m`);
}

/**
 * The paints of a terminal. Without colour every paint is the identity.
 *
 * @example createTheme({ color: true }).forward("1.00")
 */
export function createTheme({ color }: { readonly color: boolean }): Theme {
  if (!color) {
    const plain: Paint = (text) => text;
    return { finding: plain, quiet: plain, forward: plain, gradient: plain, danger: plain, theory: plain };
  }
  const colors = picocolors.createColors(true);
  return {
    finding: colors.bold,
    quiet: colors.dim,
    forward: paint256(FORWARD_256),
    gradient: paint256(GRADIENT_256),
    danger: paint256(DANGER_256),
    theory: colors.dim,
  };
}
