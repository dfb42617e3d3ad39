import ts from 'typescript';

/** What a value can be, as far as hostile calls tell values apart. */
type Kind =
  | 'undefined'
  | 'null'
  | 'number'
  | 'string'
  | 'boolean'
  | 'array'
  | 'tensor'
  | 'object'
  | 'function'
  | 'promise'
  | 'anything';

/** A type of the source, as far as hostile calls look at it. */
export interface DescribedType {
  kinds: ReadonlySet<Kind>;
  /** Ranks of the tensors that it admits; empty for any. */
  ranks: readonly number[];
  /** Whether it comes from elsewhere, as `File` and `LayersModel` do: nobody writes one by hand. */
  isForeign: boolean;
  /** The properties of an object, by name. They are getters, because types may contain themselves. */
  properties: ReadonlyMap<string, () => DescribedType>;
  /** The elements of an array or another iterable; missing for an empty tuple. */
  element?: () => DescribedType;
  /** Whether an array may be empty. */
  mayBeEmpty: boolean;
  /** Whether `for await` goes through it, which waits for promises in it. */
  mayHoldPromises: boolean;
  /** The result of a function. */
  result?: () => DescribedType;
  /** The value of a promise. */
  resolved?: () => DescribedType;
}

/** Reads what a type admits. A union admits what its members do. */
export function describeType(checker: ts.TypeChecker, type: ts.Type): DescribedType {
  const kinds = new Set<Kind>();
  const ranks = new Set<number>();
  const members = type.isUnion() ? type.types : [type];
  const parts = members.map((member) => describeMember(checker, member));
  for (const part of parts) {
    for (const kind of part.kinds) kinds.add(kind);
    for (const rank of part.ranks) ranks.add(rank);
  }
  const hasAnyRank = parts.some((part) => part.kinds.has('tensor') && part.ranks.length === 0);
  const either = (key: 'element' | 'result' | 'resolved') => parts.find((part) => part[key])?.[key];
  const [element, result, resolved] = [either('element'), either('result'), either('resolved')];
  return {
    kinds,
    ranks: hasAnyRank ? [] : [...ranks],
    isForeign: parts.some(({ isForeign }) => isForeign),
    properties: mergedProperties(parts),
    mayHoldPromises: parts.some((part) => part.mayHoldPromises),
    mayBeEmpty: parts.some((part) => part.kinds.has('array') && part.mayBeEmpty),
    ...(element && { element }),
    ...(result && { result }),
    ...(resolved && { resolved }),
  };
}

/** A property that one of several objects lacks may be left out. */
function mergedProperties(parts: readonly DescribedType[]): ReadonlyMap<string, () => DescribedType> {
  const objects = parts.filter(({ kinds, isForeign }) => kinds.has('object') && !isForeign);
  const names = new Set(objects.flatMap(({ properties }) => [...properties.keys()]));
  return new Map(
    [...names].map((name) => {
      const getters = objects.flatMap(({ properties }) => properties.get(name) ?? []);
      const isOptional = getters.length < objects.length;
      return [
        name,
        () =>
          merged(
            getters.map((get) => get()),
            isOptional,
          ),
      ];
    }),
  );
}

function merged(types: readonly DescribedType[], isOptional: boolean): DescribedType {
  const kinds = new Set(types.flatMap((type) => [...type.kinds]));
  if (isOptional) kinds.add('undefined');
  return { ...types[0]!, kinds };
}

const nothing = {
  ranks: [],
  isForeign: false,
  properties: new Map(),
  mayBeEmpty: false,
  mayHoldPromises: false,
} as const;
const only = (...kinds: Kind[]): DescribedType => ({ ...nothing, kinds: new Set(kinds) });

function describeMember(checker: ts.TypeChecker, type: ts.Type): DescribedType {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Void)) return only('anything', 'undefined');
  if (flags & ts.TypeFlags.Undefined) return only('undefined');
  if (flags & ts.TypeFlags.Null) return only('null');
  if (flags & ts.TypeFlags.NumberLike) return only('number');
  // A string that has to be one of several is not any string.
  if (flags & ts.TypeFlags.StringLiteral) return only();
  if (flags & ts.TypeFlags.StringLike) return only('string');
  if (flags & ts.TypeFlags.BooleanLike) return only('boolean');
  if (flags & ts.TypeFlags.TypeParameter) {
    const constraint = checker.getBaseConstraintOfType(type);
    return constraint === undefined ? only('anything', 'undefined') : describeType(checker, constraint);
  }
  if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return describeObject(checker, type);
  return only();
}

const iterables = ['Iterable', 'AsyncIterable', 'ArrayLike', 'IterableIterator', 'AsyncIterableIterator'];

function describeObject(checker: ts.TypeChecker, type: ts.Type): DescribedType {
  const name = type.symbol?.getName() ?? '';
  const [argument] = checker.getTypeArguments(type as ts.TypeReference) ?? [];
  if (name === 'Tensor' || name === 'Variable') {
    const rank = argument?.isStringLiteral() ? [Number(argument.value.slice(1))] : [];
    return { ...only('tensor'), ranks: rank };
  }
  if (name === 'Promise' || name === 'PromiseLike') {
    return { ...only('promise'), resolved: () => describeType(checker, argument!) };
  }
  if (checker.isTupleType(type)) {
    const { minLength } = (type as ts.TupleTypeReference).target;
    return { ...ofElements(checker, argument), mayBeEmpty: minLength === 0 };
  }
  if (checker.isArrayType(type)) return ofElements(checker, argument);
  if (iterables.includes(name)) {
    return { ...ofElements(checker, argument), mayHoldPromises: name === 'AsyncIterable' };
  }
  return describeProperties(checker, type);
}

function ofElements(checker: ts.TypeChecker, element: ts.Type | undefined): DescribedType {
  const described = element === undefined ? {} : { element: () => describeType(checker, element) };
  return { ...only('array'), mayBeEmpty: true, ...described };
}

function describeProperties(checker: ts.TypeChecker, type: ts.Type): DescribedType {
  if (isForeign(type)) return { ...only('object'), isForeign: true };
  const [signature] = type.getCallSignatures();
  const properties = new Map(
    checker.getPropertiesOfType(type).map((property) => {
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      const get = () => merged([describeType(checker, checker.getTypeOfSymbol(property))], isOptional);
      return [property.getName(), get] as const;
    }),
  );
  if (signature === undefined) return { ...only('object'), properties };
  return { ...only('function'), result: () => describeType(checker, signature.getReturnType()) };
}

function isForeign(type: ts.Type): boolean {
  const [declaration] = type.symbol?.getDeclarations() ?? [];
  const isNamed =
    declaration !== undefined && (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration));
  return isNamed && declaration.getSourceFile().fileName.includes('/node_modules/');
}
