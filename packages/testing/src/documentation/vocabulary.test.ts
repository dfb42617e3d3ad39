import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { type Export, readExports, sectionsOf } from './exports.ts';

/** The table "One vocabulary" of CONTRIBUTING.md, held over everything that the packages export. */

const root = resolve(import.meta.dirname, '../../../..');
const { checker, exports } = readExports(root);
const values = exports.filter(({ isValue }) => isValue);
const nameOf = ({ folder, name }: Export) => `${folder}: ${name}`;

const typeOf = ({ symbol }: Export) => checker.getDeclaredTypeOfSymbol(symbol);
const propertiesOf = (type: ts.Type) => checker.getPropertiesOfType(checker.getNonNullableType(type));
const typeOfProperty = (property: ts.Symbol) => checker.getNonNullableType(checker.getTypeOfSymbol(property));
const isOptional = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Optional) !== 0;
const has = (type: ts.Type, name: string) => propertiesOf(type).some((property) => property.getName() === name);

const isTypeNamed = (ending: RegExp) => (exported: Export) =>
  !exported.isValue && ending.test(exported.name) && propertiesOf(typeOf(exported)).length > 0;
const options = exports.filter(isTypeNamed(/Options$/));

const functions = values.filter(({ symbol }) => checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0);
const classes = values.filter(({ symbol }) => (symbol.flags & ts.SymbolFlags.Class) !== 0);

/** Options that report progress, and what they report. */
const reporting = options.flatMap((exported) => {
  const onProgress = propertiesOf(typeOf(exported)).find((property) => property.getName() === 'onProgress');
  const signature = onProgress && typeOfProperty(onProgress).getCallSignatures()[0];
  return signature ? [{ exported, progress: checker.getTypeOfSymbol(signature.parameters[0]!) }] : [];
});

test('finds what the packages export', () => {
  expect(functions.length).toBeGreaterThan(150);
  expect(options.length).toBeGreaterThan(80);
  expect(reporting.length).toBeGreaterThan(15);
});

test('no two packages export one name for two things', () => {
  const first = new Map(exports.toReversed().map((exported) => [exported.name, exported]));
  const another = exports.filter(
    ({ name, symbol }) => declarationOf(symbol) !== declarationOf(first.get(name)!.symbol),
  );
  expect(another.map((exported) => `${nameOf(exported)}, as in ${first.get(exported.name)!.folder}`)).toEqual([]);
});

/** Words for which the table has another: an option or a number of a result is not called so. */
const replaced = new Map([
  ['iterations', 'steps'],
  ['maxIterations', 'maxSteps'],
  ['iteration', 'done'],
  ['checkpoint', 'resume'],
  ['completed', 'resume'],
  ['target', 'stopAt'],
  ['lambdaRate', 'lambda'],
]);

test('options have the words of the table', () => {
  const used = [...options, ...reporting.map(({ exported }) => exported)].flatMap((exported) =>
    propertiesOf(typeOf(exported))
      .map((property) => property.getName())
      .filter((name) => replaced.has(name) || name === 'state')
      .map((name) => `${nameOf(exported)}.${name}: call it ${replaced.get(name) ?? 'resume'}`),
  );
  expect([...new Set(used)]).toEqual([]);
});

test('nothing counts iterations', () => {
  const counting = exports
    .filter(({ isValue }) => !isValue)
    .filter((exported) => propertiesOf(typeOf(exported)).some((property) => /iterations?$/i.test(property.getName())));
  expect(counting.map(nameOf)).toEqual([]);
});

test('every seed may be left out', () => {
  const wanted = options.flatMap((exported) =>
    propertiesOf(typeOf(exported))
      .filter((property) => property.getName() === 'seed' && !isOptional(property))
      .map(() => nameOf(exported)),
  );
  const positional = functions.flatMap((exported) =>
    signaturesOf(exported)
      .flatMap(({ parameters }) => parameters)
      .filter((parameter) => parameter.getName() === 'seed' && !mayBeLeftOut(parameter))
      .map(() => nameOf(exported)),
  );
  expect([...wanted, ...positional]).toEqual(['genetic: createRandom']);
});

test('all progress says how much is done of how much', () => {
  const silent = reporting.filter(({ progress }) => !has(progress, 'done') || !has(progress, 'total'));
  expect(silent.map(({ exported }) => nameOf(exported))).toEqual([]);
});

test('what is saved on the way can be resumed, and the reverse', () => {
  const lost = reporting.filter(({ exported, progress }) => has(progress, 'state') !== has(typeOf(exported), 'resume'));
  expect(lost.map(({ exported }) => nameOf(exported))).toEqual([]);
});

test('progress makes its state only when asked for it', () => {
  const eager = reporting.filter(({ progress }) => {
    const state = propertiesOf(progress).find((property) => property.getName() === 'state');
    return state !== undefined && typeOfProperty(state).getCallSignatures().length === 0;
  });
  expect(eager.map(({ exported }) => nameOf(exported))).toEqual([]);
});

test('what has a state() is made from it again', () => {
  const lost = classes.filter(({ symbol }) => {
    const made = checker.getTypeOfSymbol(symbol).getConstructSignatures()[0]!;
    const [first] = made.parameters;
    const resumes = first !== undefined && has(checker.getTypeOfSymbol(first), 'resume');
    const isFrom = has(checker.getTypeOfSymbol(symbol), 'from');
    return has(made.getReturnType(), 'state') && !resumes && !isFrom;
  });
  expect(lost.map(nameOf)).toEqual([]);
});

test('every saved state says of what kind and which version it is', () => {
  const partOfAnother = ['RandomState', 'OptimizerState', 'TopImagesState', 'EarlyStoppingState'];
  const states = exports.filter(isTypeNamed(/(State|Checkpoint)$/)).filter(({ name }) => !partOfAnother.includes(name));
  expect(states.length).toBeGreaterThan(8);
  const nameless = states.filter((exported) => !has(typeOf(exported), 'kind') || !has(typeOf(exported), 'version'));
  expect(nameless.map(nameOf)).toEqual([]);
});

test('the docstring of every function has @returns and an example', () => {
  const silent = functions.filter((exported) => {
    const returnsNothing = signaturesOf(exported).every((signature) =>
      /^(void|Promise<void>)$/.test(returned(signature)),
    );
    return !(returnsNothing || tagsOf(exported).has('returns')) || !tagsOf(exported).has('example');
  });
  expect(silent.map(nameOf)).toEqual([]);
});

test('the docstring of every function that returns tensors says who disposes of them', () => {
  const silent = functions.filter((exported) => {
    const holds = signaturesOf(exported).some((signature) => holdsTensors(signature.getReturnType()));
    return holds && !/dispos/i.test(tagsOf(exported).get('returns') ?? '');
  });
  expect(silent.map(nameOf)).toEqual([]);
});

test('each export stands under the heading under which the README has it', () => {
  const astray = values.flatMap((exported) => {
    const readme = readFileSync(join(root, 'packages', exported.folder, 'README.md'), 'utf8');
    const isGrouped = exports.some(({ folder, heading }) => folder === exported.folder && heading !== undefined);
    if (!isGrouped) return [];
    const section = exported.heading === undefined ? undefined : sectionsOf(readme).get(exported.heading);
    if (section === undefined) return `${nameOf(exported)}: the README has no heading "${exported.heading}"`;
    return new RegExp(`\\b${exported.name}\\b`).test(section)
      ? []
      : `${nameOf(exported)}: not under "${exported.heading}"`;
  });
  expect(astray).toEqual([]);
});

function signaturesOf({ symbol }: Export): readonly ts.Signature[] {
  return checker.getTypeOfSymbol(symbol).getCallSignatures();
}

function returned(signature: ts.Signature): string {
  return checker.typeToString(signature.getReturnType());
}

function declarationOf(symbol: ts.Symbol): ts.Declaration {
  return symbol.declarations![0]!;
}

function mayBeLeftOut({ valueDeclaration }: ts.Symbol): boolean {
  return (
    valueDeclaration !== undefined &&
    ts.isParameter(valueDeclaration) &&
    (valueDeclaration.questionToken !== undefined || valueDeclaration.initializer !== undefined)
  );
}

/** The texts of the docstring's tags by their names. */
function tagsOf({ symbol }: Export): Map<string, string> {
  return new Map(symbol.getJsDocTags(checker).map(({ name, text }) => [name, ts.displayPartsToString(text)]));
}

/** Whether a tensor is returned, promised or held by a property of what is. */
function holdsTensors(type: ts.Type): boolean {
  const promised = checker.getAwaitedType(type) ?? type;
  const isTensor = (some: ts.Type) => /^Tensor(\d?D)?\b/.test(checker.typeToString(some));
  const members = (some: ts.Type) =>
    checker.isArrayType(some) ? checker.getTypeArguments(some as ts.TypeReference) : [some];
  return members(promised).some(
    (member) =>
      isTensor(member) || propertiesOf(member).some((property) => members(typeOfProperty(property)).some(isTensor)),
  );
}
