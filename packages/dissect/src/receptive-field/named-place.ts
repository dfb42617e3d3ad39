import { check } from './algebra.ts';
import { type Application, applicationsOf, isModel, sourceOf } from './applications.ts';
import { nearby } from './nearby.ts';
import type { LayersTopology } from './options.ts';

const indexOf = ({ layer, node }: Application): number => layer.inboundNodes.indexOf(node);

export const indicesOf = (found: readonly Application[]): string =>
  found
    .map(indexOf)
    .sort((a, b) => a - b)
    .join(', ');

/** Applications of a layer, and those of the models that hold it, from the outermost in. */
export interface NamedPlace {
  within: readonly Application[];
  applications: readonly Application[];
}

interface WantedName {
  option: string;
  name: string;
  nodeIndex?: number | undefined;
}

/** `inner/conv` is a layer of the model `inner` within, and `conv#2` the second application of `conv`. */
export function placeNamed(model: LayersTopology, wanted: WantedName): NamedPlace {
  const own = applicationsOf(model);
  const applications = applicationsNamed(own, wanted) ?? continued(model, own, wanted);
  if (applications !== undefined) return { within: [], applications };
  for (const end of slashes(wanted.name)) {
    const [inner] = applicationsNamed(own, { option: '', name: wanted.name.slice(0, end) }) ?? [];
    if (inner === undefined || !isModel(inner.layer)) continue;
    const place = placeNamed(inner.layer, { ...wanted, name: wanted.name.slice(end + 1) });
    return { within: [inner, ...place.within], applications: place.applications };
  }
  const names = model.layers.map((layer) => layer.name);
  if (names.includes(wanted.name)) return check.failBecause('state', `the model does not apply ${wanted.name}`);
  return check.fail('range', wanted.option, `one of ${nearby(names, wanted.name)}`, wanted.name);
}

/** The first model of a sequential one is not applied: its own layers are continued. */
function continued(model: LayersTopology, own: ReadonlySet<Application>, { name }: WantedName) {
  const layer = model.layers.find((each) => each.name === name);
  const last = layer && isModel(layer) ? layer.outputs?.map(sourceOf).find((each) => own.has(each)) : undefined;
  return last && [last];
}

const slashes = (name: string): number[] => [...name.matchAll(/\//g)].map(({ index }) => index);

/** Undefined if there is no such layer. */
function applicationsNamed(
  own: ReadonlySet<Application>,
  { name, nodeIndex }: WantedName,
): readonly Application[] | undefined {
  const found = [...own].filter(({ layer }) => layer.name === name).sort((a, b) => indexOf(a) - indexOf(b));
  const [, first, time] = /^(.+)#(\d+)$/.exec(name) ?? [];
  const counted = first === undefined ? undefined : applicationsNamed(own, { option: '', name: first });
  const again = counted?.[Number(time) - 1];
  if (found.length === 0) return again && [again];
  if (nodeIndex === undefined) return found;
  const chosen = found.filter((each) => indexOf(each) === nodeIndex);
  return chosen.length > 0 ? chosen : check.fail('range', 'nodeIndex', `one of ${indicesOf(found)}`, nodeIndex);
}
