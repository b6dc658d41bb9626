/** A terminal's colours have no place on a page. */
export default { createColors: () => ({}) };
