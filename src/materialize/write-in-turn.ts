/** Files one after the other, of which the next begins while the one before is being brought to the disk. */

/**
 * Works on the items in order, and begins the next when one says that it is `filled`: what is left of that goes on beside it, for
 * one item at a time.
 *
 * @throws what the first of them throws, when none is at work any more
 */
export async function inTurn<Item>(
  items: readonly Item[],
  work: (item: Item, filled: () => void) => Promise<void>,
): Promise<void> {
  const ends: Promise<void>[] = [];
  try {
    for (const item of items) {
      await new Promise<void>((resolve, reject) => {
        const end = work(item, resolve);
        ends.push(end);
        end.then(resolve, reject);
      });
      await ends.at(-2);
    }
  } finally {
    await Promise.allSettled(ends);
  }
  await Promise.all(ends);
}
