/** Resolves when a person first moves the pointer, touches or types: what only a slider needs is loaded from then on. */
export const touched: Promise<void> = new Promise((resolve) => {
  for (const type of ["pointermove", "pointerdown", "keydown"] as const)
    window.addEventListener(type, () => resolve(), { once: true, passive: true });
});
