import { join } from 'node:path';
import ts from 'typescript';
import { type DescribedType, describeType } from './described-type.ts';

/** A function, class, method or static function that a package exports. */
export interface ExportedFunction {
  /** `fgsm`, `Tally` for the class, `Tally.from` for a static function and `Tally#add` for a method. */
  name: string;
  parameters: readonly { name: string; type: DescribedType }[];
}

/** Reads from its types all that can be called of what `packages/<folder>/src/index.ts` exports. */
export function exportedFunctions(root: string, folder: string): ExportedFunction[] {
  const index = join(root, 'packages', folder, 'src/index.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([index], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(index)!;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
  return exported.flatMap((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return functionsOf(checker, isAlias ? checker.getAliasedSymbol(symbol) : symbol, symbol.getName());
  });
}

function functionsOf(checker: ts.TypeChecker, symbol: ts.Symbol, name: string): ExportedFunction[] {
  if ((symbol.flags & ts.SymbolFlags.Value) === 0) return [];
  const type = checker.getTypeOfSymbol(symbol);
  const calls = type.getCallSignatures();
  if (calls.length > 0) return [{ name, parameters: parametersOf(checker, calls) }];
  const constructors = type.getConstructSignatures();
  if (constructors.length === 0) return [];
  const instance = constructors[0]!.getReturnType();
  // Errors are thrown by the package, not made by its users.
  if (instance.getProperty('stack') !== undefined) return [];
  const { declaration } = constructors[0]!;
  const isHidden = declaration !== undefined && isPrivateMember(declaration as ts.Declaration);
  return [
    ...(isHidden ? [] : [{ name, parameters: parametersOf(checker, constructors) }]),
    ...methodsOf(checker, type, `${name}.`),
    ...methodsOf(checker, instance, `${name}#`),
  ];
}

function methodsOf(checker: ts.TypeChecker, type: ts.Type, prefix: string): ExportedFunction[] {
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const name = property.getName();
    const isHidden = ['prototype', 'toJSON'].includes(name) || /^(__|#)/.test(name) || isPrivate(property);
    const signatures = isHidden ? [] : checker.getTypeOfSymbol(property).getCallSignatures();
    return signatures.length === 0 ? [] : [{ name: `${prefix}${name}`, parameters: parametersOf(checker, signatures) }];
  });
}

function isPrivate(symbol: ts.Symbol): boolean {
  return (symbol.getDeclarations() ?? []).some(isPrivateMember);
}

function isPrivateMember(declaration: ts.Declaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;
}

/** The parameters of the longest signature. Those that another signature lacks are optional. */
function parametersOf(checker: ts.TypeChecker, signatures: readonly ts.Signature[]): ExportedFunction['parameters'] {
  const longest = [...signatures].sort((a, b) => b.parameters.length - a.parameters.length)[0]!;
  const fewest = Math.min(...signatures.map(({ parameters }) => parameters.length));
  return longest.parameters.map((parameter, place) => {
    const types = signatures.flatMap(({ parameters }) => parameters[place] ?? []);
    const described = types.map((symbol) => describeType(checker, checker.getTypeOfSymbol(symbol)));
    const kinds = new Set(described.flatMap((type) => [...type.kinds]));
    if (place >= fewest || types.some(mayBeLeftOut)) kinds.add('undefined');
    const widest =
      described.find(({ result }) => result?.().kinds.has('promise')) ??
      described.find(({ kinds: own }) => own.has('object') || own.has('function')) ??
      described[0]!;
    return { name: nameOf(parameter, place), type: { ...widest, kinds } };
  });
}

function mayBeLeftOut(parameter: ts.Symbol): boolean {
  const declaration = parameter.valueDeclaration;
  return (
    declaration !== undefined &&
    ts.isParameter(declaration) &&
    (declaration.questionToken !== undefined || declaration.initializer !== undefined)
  );
}

/** A parameter that is taken apart at once has no name of its own. */
function nameOf(parameter: ts.Symbol, place: number): string {
  const name = parameter.getName();
  return name.startsWith('__') ? `argument ${place + 1}` : name;
}
