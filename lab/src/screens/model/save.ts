/** The File System Access API: a file on the disk that is written while it is drawn. Chromium has it; elsewhere a blob serves. */

type Picker = (options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>;

const isPicker = (value: unknown): value is Picker => typeof value === "function";

function picker(): Picker | null {
  const found: unknown = Reflect.get(window, "showSaveFilePicker");
  return isPicker(found) ? found : null;
}

export const canSave = (): boolean => picker() !== null;

/** Asks where to; undefined where the person changed their mind. */
export async function saveHandle(suggestedName: string): Promise<FileSystemFileHandle | undefined> {
  try {
    return await picker()?.call(window, { suggestedName });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}
