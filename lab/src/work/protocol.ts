/** What the page and its worker say to each other: one request, any number of parts, one end. All of it is plain data. */

/** A task of a screen's `compute.ts`: a function (one answer) or an async generator (a stream of parts). */
export interface Context {
  /** Lets messages through, waits while the tab is hidden, and ends the task where it was cancelled. */
  readonly breathe: () => Promise<void>;
  /** From here on the task goes on in a hidden tab: a person waits for its end. */
  readonly keepOn?: () => void;
}

/** Of a stream that a person paces. */
export interface Conversation extends Context {
  /** What the page last said to this stream (`tell`); undefined before it has said anything. */
  readonly told: () => unknown;
  /** Waits until the page says something more; ends the task where it was cancelled. */
  readonly hear: () => Promise<void>;
}

export type Task = (request: never, context: Conversation) => unknown;
export type Tasks = Readonly<Record<string, Task>>;

export type Message =
  | {
      readonly kind: "ask";
      readonly id: number;
      readonly screen: string;
      readonly task: string;
      readonly request: unknown;
    }
  | { readonly kind: "cancel"; readonly id: number }
  /** Said to a stream that runs: a person's pace. */
  | { readonly kind: "tell"; readonly id: number; readonly value: unknown }
  | { readonly kind: "rest" }
  | { readonly kind: "resume" };

export type Answer =
  /** `took`: milliseconds since the request, or since the part before. */
  | { readonly kind: "part"; readonly id: number; readonly value: unknown; readonly took: number }
  | { readonly kind: "end"; readonly id: number }
  | { readonly kind: "error"; readonly id: number; readonly message: string };

/** What a task is asked. */
export type RequestOf<T> = T extends (request: infer Request, ...rest: never) => unknown ? Request : never;
/** What a task answers: a stream's parts, or the one value. */
export type PartOf<T> = T extends (...all: never) => AsyncGenerator<infer Part>
  ? Part
  : T extends (...all: never) => infer Value
    ? Awaited<Value>
    : never;
