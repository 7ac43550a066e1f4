import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../src/", import.meta.url)).replaceAll("\\", "/");
const files = [
  `${root}index.ts`,
  ...readdirSync(`${root}doors`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${root}doors/${name.replaceAll("\\", "/")}`),
];
const program = ts.createProgram(files, {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: ["node"],
});
const checker = program.getTypeChecker();

const docstring = (symbol: ts.Symbol): string => ts.displayPartsToString(symbol.getDocumentationComment(checker));
const isOurs = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(root)) === true;

/** What users can import, by name: all that the index and the doors export. */
const exported = new Map<ts.Symbol, string>(
  files.flatMap((file) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!).map((symbol): [ts.Symbol, string] => {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      return [isAlias ? checker.getAliasedSymbol(symbol) : symbol, symbol.name];
    }),
  ),
);

/** Methods, properties and options of a class or an interface that users see. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  if ((symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return [];
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .filter((member) => {
      const [declaration] = member.declarations ?? [];
      const isSymbol = member.name.startsWith("__");
      const name = declaration && ts.getNameOfDeclaration(declaration);
      if (declaration === undefined || !isOurs(member) || isSymbol || (name && ts.isPrivateIdentifier(name))) return false;
      return (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
    });
}

/** Of a function, those of its options that may be left out. */
function optionsOf(symbol: ts.Symbol): ts.Symbol[] {
  if ((symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) === 0) return [];
  const [signature] = checker.getTypeOfSymbol(symbol).getCallSignatures();
  return (signature?.getParameters() ?? [])
    .filter(({ name }) => /options/i.test(name))
    .flatMap((parameter) => checker.getTypeOfSymbol(parameter).getNonNullableType().getProperties())
    .filter((option) => (option.flags & ts.SymbolFlags.Optional) !== 0);
}

test("every public name, method, property and option has a docstring", () => {
  expect(exported.size).toBeGreaterThan(300);
  const undocumented = [...exported].flatMap(([symbol, name]) => [
    ...(isOurs(symbol) && docstring(symbol) === "" ? [name] : []),
    ...membersOf(symbol)
      .filter((member) => docstring(member) === "")
      .map((member) => `${name}.${member.name}`),
  ]);
  expect(undocumented).toEqual([]);
}, 60_000);

test("every option of a factory that may be left out has its default, in its own docstring or the factory's", () => {
  const unsaid = [...exported].flatMap(([symbol, name]) =>
    optionsOf(symbol)
      .filter((option) => !/default/i.test(docstring(option)) && !docstring(symbol).includes(`\`${option.name}\``))
      .map((option) => `${name}({ ${option.name} })`),
  );
  expect(unsaid).toEqual([]);
}, 60_000);
