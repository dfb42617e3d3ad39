import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { DescribedType } from './described-type.ts';

/** A value that may be of the wrong kind. */
export interface HostileValue {
  label: string;
  /** Whether the type admits it: then the call may succeed. Else it has to fail. */
  mayPass: boolean;
  /** Made anew for each call, of the valid value. */
  make: (valid: unknown) => unknown;
}

/** Each of the values that stand in for one of a type, which is a tensor or not. */
export function hostileValues(type: DescribedType, isTensor: boolean): HostileValue[] {
  const { kinds, properties, element, mayBeEmpty, isForeign } = type;
  const isAny = kinds.has('anything');
  const isArray = kinds.has('array');
  const needsNothing = !isForeign && [...properties.values()].every((property) => isOptional(property()));
  const value = (label: string, mayPass: boolean, make: HostileValue['make']) => ({
    label,
    mayPass: mayPass || isAny,
    make,
  });
  return [
    value('undefined', kinds.has('undefined'), () => undefined),
    // What may be left out may be null: `??` takes both for nothing.
    value('null', kinds.has('null') || kinds.has('undefined'), () => null),
    value('-1.5', kinds.has('number'), () => -1.5),
    value('NaN', false, () => Number.NaN),
    value('"hostile"', kinds.has('string'), () => 'hostile'),
    value('true', kinds.has('boolean'), () => true),
    value('[]', isArray && mayBeEmpty, () => []),
    value('["hostile"]', isArray && admits(element?.(), 'string'), () => ['hostile']),
    value('[undefined]', isArray && admits(element?.(), 'undefined'), () => [undefined]),
    value('{}', kinds.has('object') && needsNothing, () => ({})),
    value('a function', kinds.has('function'), () => function hostile() {}),
    value('a promise', kinds.has('promise'), (own) => Promise.resolve(own)),
    value('a disposed tensor', false, disposedTensor),
    ...(isTensor ? otherTensors(type) : [value('a tensor', kinds.has('tensor'), () => tf.ones([2]))]),
  ];
}

function otherTensors({ ranks }: DescribedType): HostileValue[] {
  return [
    { label: 'a tensor of another dtype', mayPass: false, make: (valid) => ofAnotherDtype(valid as Tensor) },
    {
      label: 'a tensor of another rank',
      mayPass: ranks.length === 0,
      make: (valid) => tf.expandDims(valid as Tensor, 0),
    },
    { label: 'a tensor with other rows', mayPass: true, make: (valid) => withTwiceTheRows(valid as Tensor) },
  ];
}

/** What stands for a tensor that a callback will answer with. */
const sampleTensor = Symbol('a tensor');

export function isTensor(value: unknown): boolean {
  return value instanceof tf.Tensor || value === sampleTensor;
}

/** What stands for the answer of a callback while it is not known: something of its type. */
export function sampleOf({ kinds, properties }: DescribedType): unknown {
  if (kinds.has('tensor')) return sampleTensor;
  if (kinds.has('function')) return () => {};
  if (!kinds.has('object')) return undefined;
  return Object.fromEntries([...properties].map(([name, property]) => [name, sampleOf(property())]));
}

function ofAnotherDtype(tensor: Tensor): Tensor {
  return tf.cast(tensor, tensor.dtype === 'int32' ? 'float32' : 'int32');
}

function withTwiceTheRows(tensor: Tensor): Tensor {
  return tensor.rank === 0 ? tf.stack([tensor, tensor]) : tf.concat([tensor, tensor], 0);
}

function disposedTensor(valid: unknown): Tensor {
  const tensor = valid instanceof tf.Tensor && !valid.isDisposed ? tf.clone(valid) : tf.ones([2]);
  tensor.dispose();
  return tensor;
}

function isOptional({ kinds }: DescribedType): boolean {
  return kinds.has('undefined');
}

function admits(type: DescribedType | undefined, kind: 'string' | 'undefined'): boolean {
  return type === undefined || type.kinds.has(kind) || type.kinds.has('anything');
}
