/** Ranks: a file imports from its own folder and from lower ranks only, never upward, not even types. Folders of one rank are strangers. */
const ranks = [
  ["core"],
  ["ir"],
  ["tensor"],
  ["autodiff"],
  ["compiler"],
  ["targets"],
  ["backends"],
  ["runtime"],
  ["nn", "optim", "data", "io"],
  ["train", "viz"],
  ["cli"],
];
const folders = ranks.flat();
const test = "\\.test\\.ts$";
const pathOf = (names) => `^src/(${names.join("|")})/`;

/** Commands are users' programs: they may come in through the doors. */
const doors = "^src/(doors/|index\\.ts$)";

const walls = ranks.flatMap((rank, height) =>
  rank.map((folder) => ({
    name: `rank-${height}-${folder}`,
    comment: `${folder}/ may import from itself and from ranks below ${height}.`,
    severity: "error",
    from: { path: pathOf([folder]), pathNot: test },
    to: { path: "^src/", pathNot: [pathOf([folder, ...ranks.slice(0, height).flat()]), ...(folder === "cli" ? [doors] : [])] },
  })),
);

export default {
  forbidden: [
    ...walls,
    {
      name: "known-folder",
      comment: "A source file lives in a ranked folder, or is one of the doors.",
      severity: "error",
      from: { path: "^src/", pathNot: [pathOf(folders), "^src/doors/", "^src/(index|node)\\.ts$", test] },
      to: {},
    },
    {
      name: "doors-are-on-top",
      comment: "Doors re-export; nothing in the house comes in through one, but commands, which are users' programs.",
      severity: "error",
      from: { path: "^src/", pathNot: [test, "^src/(cli/|doors/|index\\.ts$)"] },
      to: { path: doors },
    },
    {
      name: "no-cycles",
      comment:
        "Within a folder too. A cycle of type imports only is allowed between files of one folder, where it is one idea in two files.",
      severity: "error",
      from: { pathNot: test },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "node-at-the-edges",
      comment: "node:* only where a device, a file or a terminal is.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(backends|cli)/", "^src/(data|io)/files[^/]*(/|$)", test] },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-packages",
      comment: "The core has no dependency. A heavy reader is an optional peer behind a dynamic import.",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: "node_modules", dependencyTypesNot: ["npm-peer", "npm-optional"] },
    },
    {
      name: "tests-stay-outside",
      comment: "Sources don't import tests.",
      severity: "error",
      from: { path: "^src/", pathNot: test },
      to: { path: [test, "^test/", "^bench/", "^scripts/"] },
    },
    {
      name: "resolvable",
      comment: "An import leads somewhere.",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".js"], conditionNames: ["import", "types", "node", "default"] },
  },
};
