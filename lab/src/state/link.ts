/** The part of the address behind #: a version, a screen, and the screen's own query. */

/** Raised when an old link would mean something else. */
export const VERSION = "v1";

export interface Link {
  readonly screen: string;
  readonly query: string;
}

/** @example formatLink({ screen: "signal", query: "depth=30" }) // "#v1/signal?depth=30" */
export function formatLink({ screen, query }: Link): string {
  return `#${VERSION}/${screen}${query === "" ? "" : `?${query}`}`;
}

/** Null where the text is no link of this version. */
export function parseLink(hash: string): Link | null {
  const match = /^#v1\/([a-z-]{1,40})(?:\?(.*))?$/s.exec(hash);
  return match === null ? null : { screen: match[1] ?? "", query: match[2] ?? "" };
}
