/** A check's result as a person, a pipeline or a code host reads it. */

import type { CheckResult } from "../../check/types.ts";
import { toJson } from "../json.ts";
import type { Theme } from "../theme.ts";
import { githubLines } from "./github.ts";
import { checkMarkdown } from "./markdown.ts";
import { sarifLog } from "./sarif.ts";
import { checkTable } from "./table.ts";

export type CheckFormat = "table" | "json" | "markdown" | "sarif" | "github";

export interface CheckReportOptions {
  readonly format: CheckFormat;
  /** The model's file as it was named, for annotations. */
  readonly path: string;
  readonly width: number;
  readonly theme: Theme;
}

/** @example checkReport(result, { format: "github", path: "model.onnx", width: 100, theme }) */
export function checkReport(result: CheckResult, { format, path, width, theme }: CheckReportOptions): string {
  switch (format) {
    case "table":
      return checkTable(result, { width, theme });
    case "json":
      return toJson(result);
    case "markdown":
      return checkMarkdown(result);
    case "sarif":
      return toJson(sarifLog(result, path));
    case "github":
      return githubLines(result, path);
  }
}
