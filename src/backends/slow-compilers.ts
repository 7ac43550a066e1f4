/** Is told what is being compiled by what: `fit with gcc 12.2.0`. */
export type SlowCompilerWatch = (what: string) => void;

const watches = new Set<SlowCompilerWatch>();

/** Has a C compiler that has been at a program for half a second reported to `watch`, until the function returned is called. */
export function watchSlowCompilers(watch: SlowCompilerWatch): () => void {
  watches.add(watch);
  return () => void watches.delete(watch);
}

export function reportSlowCompiler(what: string): void {
  for (const watch of watches) watch(what);
}
