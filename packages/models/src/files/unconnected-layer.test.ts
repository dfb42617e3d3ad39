import { expect, it } from 'vitest';
import { unconnectedLayer } from './unconnected-layer.ts';

const layer = (name: string, ...inputs: [string, number, number, object][]) => ({
  class_name: inputs.length === 0 ? 'InputLayer' : 'Add',
  name,
  config: { name },
  inbound_nodes: inputs.length === 0 ? [] : [inputs],
});
const modelOf = (...layers: object[]) => ({ class_name: 'Model', config: { layers } });

it.each([
  [
    'none in a whole model, in any order',
    [layer('c', ['b', 0, 0, {}], ['a', 0, 0, {}]), layer('b', ['a', 0, 0, {}]), layer('a')],
    undefined,
  ],
  ['one whose input is missing', [layer('a'), layer('b', ['x', 0, 0, {}])], 'b'],
  ['one that waits for a second application', [layer('a'), layer('b', ['a', 1, 0, {}])], 'b'],
  [
    'one whose input has none',
    [layer('a'), { ...layer('b'), class_name: 'Add', inbound_nodes: [[]] }, layer('c', ['b', 0, 0, {}])],
    'c',
  ],
  ['one whose input is a number', [layer('a'), { ...layer('b'), inbound_nodes: [[5, ['a', 0, 0, {}]]] }], 'b'],
  ['one whose input is a text', [layer('a'), { ...layer('b'), inbound_nodes: [['x0', ['a', 0, 0, {}]]] }], 'b'],
  ['one whose inputs are a text', [layer('a'), { ...layer('b'), inbound_nodes: ['x0'] }], 'b'],
  ['one whose nodes are a text', [layer('a'), { ...layer('b'), inbound_nodes: 'x0' }], 'b'],
  ['one of two that wait for each other', [layer('b', ['c', 0, 0, {}]), layer('c', ['b', 0, 0, {}])], 'b'],
  ['one that is there twice', [layer('a'), layer('b', ['a', 0, 0, {}]), layer('b', ['a', 0, 0, {}])], 'b'],
])('names %s', (_, layers, expected) => {
  expect(unconnectedLayer(modelOf(...layers))).toBe(expected);
  const nested = { ...modelOf(...layers), name: 'inner', inbound_nodes: [[['first', 0, 0, {}]]] };
  expect(unconnectedLayer({ model_config: modelOf(layer('first'), nested) })).toBe(expected);
});
