/** The address bar as reactive state: screens read and write their own part of it. */

import { formatLink, type Link, parseLink } from "./link.ts";
import { decode, encode, type Schema, type StateOf } from "./schema.ts";

export const HOME = "signal";

const read = (): Link => parseLink(window.location.hash) ?? { screen: HOME, query: "" };

let link = $state.raw(read());
/** Lines to show once: what a link asked for and did not get. */
let notices = $state.raw<readonly string[]>([]);

const badLink = (hash: string) => hash !== "" && hash !== "#" && parseLink(hash) === null;

function follow(): void {
  link = read();
  notices = badLink(window.location.hash) ? ["The link is not one of this lab's: the first screen is shown."] : [];
}
window.addEventListener("hashchange", follow);
window.addEventListener("popstate", follow);
follow();

export const location = {
  get screen() {
    return link.screen;
  },
  get notices() {
    return notices;
  },
  notice(lines: readonly string[]) {
    notices = lines;
  },
};

/** A link to another screen in a given state. */
export function href<S extends Schema>(screen: string, schema: S, state?: Readonly<Partial<StateOf<S>>>): string {
  return formatLink({ screen, query: state === undefined ? "" : encode(schema, state) });
}

/** A gesture is one step back: what changes within this time of the last change replaces it. */
const GESTURE_MS = 1000;
/** Browsers limit how often the address may change. */
const SETTLE_MS = 150;

/**
 * The state of a screen, kept in the address: a change writes the link, going back reads it. To be called once, while the
 * screen's component is made.
 */
export function screenState<S extends Schema>(screen: string, schema: S): StateOf<S> {
  const first = decode(schema, link.screen === screen ? link.query : "");
  if (first.problems.length > 0) location.notice(first.problems);
  const state = $state(first.state);
  let written = encode(schema, first.state);
  let changed = Number.NEGATIVE_INFINITY;
  $effect(() => {
    const query = encode(schema, state);
    const timer = setTimeout(() => {
      if (query === written || link.screen !== screen) return;
      written = query;
      const now = performance.now();
      const address = formatLink({ screen, query });
      if (now - changed < GESTURE_MS) window.history.replaceState(null, "", address);
      else window.history.pushState(null, "", address);
      changed = now;
      link = { screen, query };
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  });
  $effect(() => {
    if (link.screen !== screen || link.query === written) return;
    const { state: next, problems } = decode(schema, link.query);
    written = encode(schema, next);
    if (problems.length > 0) location.notice(problems);
    Object.assign(state, next);
  });
  return state;
}
