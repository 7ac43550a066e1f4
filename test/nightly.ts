/** Whether the long part runs too: more and larger cases, and scenarios that take minutes, root, terminals or emulators. */
export const nightly = process.env["GRADSMITH_NIGHTLY"] === "1";

/** Why a scenario of the nightly part doesn't run now. */
export const onlyNightly = nightly ? undefined : "nightly: GRADSMITH_NIGHTLY=1";

/** What an ordinary run takes, and what the nightly part has in its place. */
export const inNightly = <T>(ordinary: T, large: T): T => (nightly ? large : ordinary);
