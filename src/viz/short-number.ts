/** A number in at most about seven characters: `0.3125`, `12.5`, `1.2e-7`, `nan`. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replace("e+", "e");
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.max(0, Math.min(4, 4 - Math.floor(Math.log10(size)) - 1)));
}
