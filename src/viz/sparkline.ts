/** A series in one line of text, one character a value: `▁▃▅█`. Values that are not finite are blanks. */
export function sparkline(values: readonly number[], options: { readonly ascii?: boolean } = {}): string {
  const levels = options.ascii === true ? [..."_.-=+*#%"] : [..."▁▂▃▄▅▆▇█"];
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  const level = (value: number): string => levels[span === 0 ? 3 : Math.min(7, Math.floor(((value - low) / span) * 8))]!;
  return values.map((value) => (Number.isFinite(value) ? level(value) : " ")).join("");
}
