import { isLost, lost, mixed, unplaced } from './algebra.ts';
import type { Attributes } from './graph-attributes.ts';
import type { FieldGraphNode, ReceptiveFieldOptions } from './options.ts';
import { isConstant, isMap, isPooled, isSingle, type PlacedMap, pooledMap, type Traced } from './placed-map.ts';

/** What the receptive field of a node depends on besides its inputs. */
export interface GraphContext {
  nodes: ReadonlyMap<string, FieldGraphNode>;
  options: ReceptiveFieldOptions;
}

/** A node with the parts of it that operations ask for. */
export interface Step extends GraphContext {
  name: string;
  op: string;
  /** How errors call it. */
  where: string;
  attr: Attributes;
  /** The nodes that it takes. */
  references: readonly string[];
  inputs: readonly Traced[];
}

/** What an operation does to an input that depends on the image. One position stays one, whatever is unknown. */
export function onMap({ inputs, where }: Step, index: number, operate: (map: PlacedMap) => Traced): Traced {
  const traced = inputs[index];
  if (traced === undefined) return lost(`${where} lacks an input`);
  if (isConstant(traced)) return mixed(`${where} takes where to read from the image`);
  if (isLost(traced) || isPooled(traced)) return traced;
  const result = operate(traced);
  return isLost(result) && !result.misread && isSingle(traced) ? pooledMap : result;
}

/** Whether nothing that the operation takes has more than one position. */
export const isOnePosition = ({ inputs }: Step): boolean =>
  inputs.every((each) => isConstant(each) || (isMap(each) && isSingle(each)));

/** What an operation does by the values of an input that does not depend on the image. */
export function withValues(step: Step, index: number, meaning: string, operate: (values: number[]) => Traced): Traced {
  const found = step.inputs[index];
  if (found === undefined) return unplaced(step.where);
  const values = isConstant(found) ? found.values : null;
  if (values?.every((value) => value !== null)) return operate(values as number[]);
  if (isLost(found)) return found;
  if (!isConstant(found)) return mixed(`${step.where} takes its ${meaning} from the image`);
  return lost(`${step.where} takes its ${meaning} from the weights: give constants['${step.references[index]}']`);
}
