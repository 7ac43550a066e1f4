import type { DownloadProgress } from "./files-download.ts";

/** Shows a download on standard error: one bar that grows in a terminal, one line per finished file elsewhere. */
export function showDownload(
  title: string,
  stream: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
): (progress: DownloadProgress) => void {
  let shown = "";
  return (progress) => {
    const line = stream.isTTY === true ? describeDownload(title, progress) : `Downloading ${title}: ${progress.file}`;
    if (line === shown) return;
    shown = line;
    const done = progress.receivedBytes === progress.totalBytes;
    stream.write(stream.isTTY === true ? `\r\u001b[2K${line}${done ? "\n" : ""}` : `${line}\n`);
  };
}

/** One line, such as `Fashion-MNIST train-images-idx3-ubyte.gz [##########          ] 13.1 of 26.2 MB`. */
export function describeDownload(title: string, { file, receivedBytes, totalBytes }: DownloadProgress): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  if (totalBytes === undefined) return `${title} ${file} ${megabytes(receivedBytes)} MB`;
  const width = 20;
  const filled = Math.min(width, Math.floor((width * receivedBytes) / totalBytes));
  return `${title} ${file} [${"#".repeat(filled)}${" ".repeat(width - filled)}] ${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`;
}
