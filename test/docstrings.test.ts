import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Public names without a sentence about them, as `name` or `name.member`. */
function undocumented(): string[] {
  const index = `${root}src/index.ts`;
  const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const program = ts.createProgram([index], { ...options, allowImportingTsExtensions: true, noEmit: true, strict: true, types: [] });
  const checker = program.getTypeChecker();
  const front = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
  const isSaid = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;
  const isOurs = (symbol: ts.Symbol): boolean =>
    symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(`${root}src/`)) === true;
  const missing: string[] = [];
  for (const exported of checker.getExportsOfModule(front)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!isSaid(symbol) && isOurs(symbol)) missing.push(exported.name);
    const isStructure = symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class);
    if (!isStructure) continue;
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      const [declaration] = member.declarations ?? [];
      // What isn't declared here, or not for users.
      if (declaration === undefined || !isOurs(member) || member.name.startsWith("__") || member.name.startsWith("#")) continue;
      if (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) continue;
      if (!isSaid(member)) missing.push(`${exported.name}.${member.name}`);
    }
  }
  return missing;
}

test("every public name, method and option has a docstring", () => {
  expect(undocumented()).toEqual([]);
}, 60_000);
