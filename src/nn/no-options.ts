/** The options of what has none. */
export type NoOptions = Readonly<Record<string, never>>;
