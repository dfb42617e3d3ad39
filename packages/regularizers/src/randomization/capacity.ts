import { checker } from '@cnnviz/internal';

export interface LayerCapacity {
  /** Name of its variables up to the last slash, or the whole name where there is none. */
  name: string;
  parameters: number;
  /** The shape of each variable. */
  shapes: number[][];
}

export interface Capacity {
  parameters: number;
  /** Training examples. */
  samples: number;
  /** Above 1 a network has more parameters than examples, and may be able to memorize them. */
  parametersPerSample: number;
  layers: LayerCapacity[];
}

/**
 * Counts the parameters of a model, in all and per layer, and compares them with the number of samples.
 *
 * Two layers, 2n + d parameters, suffice to represent any labeling of n samples in d dimensions.
 *
 * @param variables The trainable variables, or anything with a `name` and a `shape`. tfjs-layers names them
 *   `layer/kernel`; what has no slash counts as a layer.
 * @param options `samples`: training examples, >= 1.
 * @returns The counts: plain data.
 * @throws RangeError if there are no variables or samples.
 * @see Zhang et al., ICLR 2017, https://arxiv.org/abs/1611.03530, theorem 1.
 *
 * @example
 * import { capacity } from '@cnnviz/regularizers';
 *
 * const { parameters, parametersPerSample, layers } = capacity(variables, { samples: 50_000 });
 */
export function capacity(
  variables: readonly { readonly name: string; readonly shape: readonly number[] }[],
  options: { samples: number },
): Capacity {
  const check = checker('@cnnviz/regularizers', 'capacity');
  if (!Array.isArray(variables)) check.fail('type', 'variables', 'a list of variables', variables);
  if (variables.length === 0) check.fail('range', 'variables', 'at least one variable', variables);
  for (const [index, variable] of variables.entries()) {
    const isVariable = typeof variable?.name === 'string' && Array.isArray(variable.shape);
    if (!isVariable) check.fail('type', `variables[${index}]`, 'a variable with name and shape', variable);
    for (const size of variable.shape) check.number(`variables[${index}].shape`, size, { integer: true, min: 0 });
  }
  const samples = check.number('samples', check.options(options).samples, { integer: true, min: 1 });
  const layers = new Map<string, LayerCapacity>();
  for (const { name, shape } of variables) {
    const layerName = name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : name;
    const layer = layers.get(layerName) ?? { name: layerName, parameters: 0, shapes: [] };
    layer.parameters += shape.reduce((product, size) => product * size, 1);
    layer.shapes.push([...shape]);
    layers.set(layerName, layer);
  }
  const parameters = [...layers.values()].reduce((sum, layer) => sum + layer.parameters, 0);
  return { parameters, samples, parametersPerSample: parameters / samples, layers: [...layers.values()] };
}
