/**
 * Text that may come from a file, for a terminal: cut where it is longer than `most`, and with control characters, invisible ones and those that turn the
 * direction of writing around as JSON escapes them.
 */
export const printable = (text: string, most = 200): string =>
  (text.length > most ? `${text.slice(0, most)}…` : text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );

/** A name, which may be any text, in quotation marks. */
export const quotedName = (name: string): string => {
  const most = 80;
  return printable(JSON.stringify(name.length > most ? `${name.slice(0, most)}…` : name), 8 * most);
};
