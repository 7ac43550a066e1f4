/** Characters across the terminal that standard output goes to; undefined where it goes elsewhere, and in pages. */
export function terminalWidth(): number | undefined {
  const { process } = globalThis as { readonly process?: { readonly stdout?: { readonly columns?: number } } };
  return process?.stdout?.columns;
}

/** A default width, or less where the terminal is narrower, but not less than 40. */
export const widthWithin = (usual: number, columns = terminalWidth()): number => Math.max(40, Math.min(usual, columns ?? usual));
