import type { Command } from "../command.ts";
import { labCatalogue } from "../labs/catalogue.ts";

export const labs: Command = {
  name: "labs",
  summary: "list the lectures' programs",
  positionals: [],
  options: {},
  examples: [["gradsmith labs", "the list, one line each"]],

  async run(_given, terminal) {
    const width = Math.max(...labCatalogue.map(({ name }) => name.length));
    for (const { name, lecture, title } of labCatalogue) terminal.print(`${name.padEnd(width)}  lecture ${lecture}  ${title}`);
    return 0;
  },
};
