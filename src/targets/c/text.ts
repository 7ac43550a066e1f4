/** A piece of C and how tightly it holds together, so that only the parentheses that are needed are written. */
export interface Text {
  readonly code: string;
  readonly level: Level;
}

/** C's precedence, tightest first. */
export const levels = { primary: 0, unary: 1, mul: 2, add: 3, shift: 4, relation: 5, equality: 6, bits: 7, choice: 10 } as const;
export type Level = (typeof levels)[keyof typeof levels];

export const primary = (code: string): Text => ({ code, level: levels.primary });

/** In parentheses unless it binds at least as tightly as `level`. */
export const within = (text: Text, level: Level): string => (text.level <= level ? text.code : `(${text.code})`);

/** `x op y`. Operators of one level group to the left; next to shifts, comparisons and bits all but arithmetic is put in parentheses. */
export function binary(operator: string, level: Level, x: Text, y: Text): Text {
  // Adding -1 is taking away 1, in every type.
  if (operator === "+" && /^-[\d.e]+f?$/.test(y.code)) return binary("-", level, x, { code: y.code.slice(1), level: levels.primary });
  const left = level > levels.add ? levels.add : level;
  const right = level > levels.add ? levels.add : level === levels.add ? levels.mul : levels.unary;
  return { code: `${within(x, left)} ${operator} ${within(y, right)}`, level };
}

/** A prefix operator or a cast. */
export const prefix = (operator: string, x: Text): Text => ({ code: `${operator}${within(x, levels.primary)}`, level: levels.unary });

export const call = (name: string, ...args: readonly Text[]): Text => primary(`${name}(${args.map((x) => x.code).join(", ")})`);
