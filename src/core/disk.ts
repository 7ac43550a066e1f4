import { GradsmithError } from "./errors.ts";

/** A file of which parts can be read. */
export interface OpenFile {
  readonly byteLength: number;
  /** Fills `target` with the bytes from a position on. */
  read(target: Uint8Array, position: number): Promise<void>;
}

/** Files by their paths. */
export interface Disk {
  readFileBytes(path: string): Promise<Uint8Array>;
  /** Has `read` fill parts of a file, which is closed afterwards. */
  withFile<T>(path: string, read: (file: OpenFile) => Promise<T>): Promise<T>;
  /** Bytes, or parts that come one by one, as a whole or not at all. */
  writeFileBytes(path: string, bytes: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Whether something of this name is there. */
  isTaken(path: string): Promise<boolean>;
  /** Makes a folder, and tries whether files can be written there; its absolute path. */
  writableFolder(path: string): Promise<string>;
  /** The path that a `file:` URL means. */
  filePathOf(url: { readonly href: string }): string;
}

let load: (() => Promise<Disk>) | undefined;

/** Says how the disk of an environment that has one is loaded. */
export function bringDisk(loader: () => Promise<Disk>): void {
  load = loader;
}

/** The disk; an error about `path`, with what to do instead, where there is none, as in a page. */
export async function disk(path: string, fix: string): Promise<Disk> {
  if (load !== undefined) return load();
  throw new GradsmithError("file", path, "is a path, and a page has no files.", fix);
}
