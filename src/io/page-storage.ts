import { GradsmithError } from "../core/errors.ts";

/** The little of IndexedDB that is used; not all environments' type definitions have it. */
interface Asked<T> {
  readonly result: T;
  readonly error: unknown;
  onsuccess: () => void;
  onerror: () => void;
}
interface Store {
  get(key: string): Asked<Blob | undefined>;
  put(value: Blob, key: string): Asked<unknown>;
  delete(key: string): Asked<unknown>;
  getAllKeys(): Asked<string[]>;
}
interface Database {
  transaction(store: string, mode: "readonly" | "readwrite"): Transaction;
  createObjectStore(name: string): void;
  close(): void;
}
interface Transaction {
  objectStore(name: string): Store;
  readonly error: unknown;
  oncomplete: () => void;
  onabort: () => void;
}
interface Factory {
  open(name: string, version: number): Asked<Database> & { onupgradeneeded: () => void };
}

const databaseName = "gradsmith";
const store = "models";

/** Files that a browser keeps for a page's origin. */
export async function keepBlob(key: string, blob: Blob): Promise<void> {
  await within(key, "readwrite", (models) => models.put(blob, key));
}

export async function keptBlob(key: string): Promise<Blob> {
  const found = await within(key, "readonly", (models) => models.get(key));
  if (found !== undefined) return found;
  const others = await savedModels();
  throw new GradsmithError(
    "file",
    `indexeddb://${key}`,
    "is not there.",
    others.length === 0 ? "This page's origin keeps no model." : `There ${others.length === 1 ? "is" : "are"} ${others.join(", ")}.`,
  );
}

/**
 * The names of the models that the browser keeps for this page's origin: those of `model.save("indexeddb://name")`.
 *
 * @throws GradsmithError "file" where there is no IndexedDB, or the browser refuses.
 * @example for (const name of await savedModels()) console.log(name);
 */
export const savedModels = (): Promise<string[]> => within("", "readonly", (models) => models.getAllKeys());

/** Has the browser forget a model that `model.save("indexeddb://name")` left there; nothing happens where there is none of that name. */
export async function removeSavedModel(name: string): Promise<void> {
  await within(name, "readwrite", (models) => models.delete(name));
}

async function within<T>(key: string, mode: "readonly" | "readwrite", ask: (models: Store) => Asked<T>): Promise<T> {
  const where = `indexeddb://${key}`;
  const { indexedDB } = globalThis as { readonly indexedDB?: Factory };
  if (indexedDB === undefined) throw new GradsmithError("file", where, "there is no IndexedDB here.", "In Node, give a path.");
  const failed = (cause: unknown): GradsmithError =>
    new GradsmithError(
      "file",
      where,
      `the browser refuses: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Free some space, or allow storage for this site.",
    );
  const opening = indexedDB.open(databaseName, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(store);
  const database = await new Promise<Database>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(failed(opening.error));
  });
  try {
    const transaction = database.transaction(store, mode);
    const asked = ask(transaction.objectStore(store));
    // What is written is there when the transaction is complete, and as a whole.
    return await new Promise<T>((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(failed(transaction.error ?? asked.error));
    });
  } finally {
    database.close();
  }
}

/** Has the browser save a file as a download of this name. */
export function downloadBlob(fileName: string, blob: Blob): void {
  const { document, URL } = globalThis as unknown as Page;
  if (document === undefined)
    throw new GradsmithError(
      "file",
      `downloads://${fileName}`,
      "only a page can download.",
      "In a worker, send the bytes of toBytes() to the page; in Node, give a path.",
    );
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

interface Page {
  readonly document?: { createElement(tag: "a"): { href: string; download: string; click(): void } };
  readonly URL: { createObjectURL(blob: Blob): string; revokeObjectURL(url: string): void };
}
