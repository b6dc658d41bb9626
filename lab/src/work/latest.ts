/** Latest wins: while one request is under way only the newest of those that follow is kept. */

/**
 * @param run answers one request
 * @param show is given every answer that was asked for last or before it, in order
 * @param fail is given what went wrong
 * @example const update = latest((depth: number) => work.ask("theory", { depth }), (theory) => (shown = theory), report);
 */
export function latest<Request, Result>(
  run: (request: Request) => Promise<Result>,
  show: (result: Result, request: Request) => void,
  fail: (error: Error) => void,
): (request: Request) => void {
  let busy = false;
  let waiting: { readonly request: Request } | null = null;
  const next = async (request: Request): Promise<void> => {
    busy = true;
    try {
      show(await run(request), request);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
    busy = false;
    if (waiting === null) return;
    const { request: newest } = waiting;
    waiting = null;
    await next(newest);
  };
  return (request) => {
    if (busy) waiting = { request };
    else void next(request);
  };
}
