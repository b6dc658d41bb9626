/** Colours for a canvas, which styles do not reach: read anew when the theme changes. */

let changes = $state(0);
new MutationObserver(() => {
  changes++;
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

/** Red, green, blue of a colour of style/theme.css; an effect that reads it runs again in another theme. */
export function themeColour(name: string): readonly [number, number, number] {
  void changes;
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // A build writes #ffffff as #fff.
  const digits = hex.length === 4 ? [...hex].slice(1).map((digit) => digit + digit) : hex.match(/[\da-f]{2}/gi);
  const [red = 0, green = 0, blue = 0] = (digits ?? []).map((pair) => Number.parseInt(pair, 16));
  return [red, green, blue];
}
