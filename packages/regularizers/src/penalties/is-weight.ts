import { type Check, checker, isA } from '@cnnviz/internal';
import type { Variable } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Which variables are penalized: those whose name matches, or for which the function says so. */
export type WeightChoice = RegExp | ((variable: Variable) => boolean);

const offsetOrNormalization = /(?:^|[/_.-])(?:bias|gamma|beta|moving_mean|moving_variance)(?:_\d+)?$/i;

/**
 * Tells whether a variable is a kernel: float32, of rank 2 or more and not named like a bias or a parameter of batch normalization
 * (`bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`, as tfjs-layers names them). Those are what a penalty
 * leaves out: they do not make a function steep, and shrinking a batch norm's scale regularizes nothing.
 *
 * @param variable Any variable.
 * @returns Whether it is penalized by default.
 * @see `l2Penalty`, `decayWeights`, which penalize what this chooses.
 *
 * @example
 * import { isWeight, l2Penalty } from '@cnnviz/regularizers';
 *
 * const kernelsOnly = l2Penalty(variables, { lambda: 1e-4, penalize: isWeight }); // the default
 */
export function isWeight(variable: Variable): boolean {
  if (!(variable instanceof tf.Variable)) checkIsWeight.fail('type', 'variable', 'a variable', variable);
  return variable.rank >= 2 && variable.dtype === 'float32' && !offsetOrNormalization.test(variable.name);
}

const checkIsWeight = checker('@cnnviz/regularizers', 'isWeight');

/** The variables that are to be penalized; a choice that no variable fits is a mistake and says so. */
export function chosenWeights(
  check: Check,
  variables: readonly Variable[],
  penalize: WeightChoice = isWeight,
): Variable[] {
  if (!Array.isArray(variables)) check.fail('type', 'variables', 'a list of variables', variables);
  for (const [index, variable] of variables.entries()) {
    if (!(variable instanceof tf.Variable)) check.fail('type', `variables[${index}]`, 'a variable', variable);
    check.tensor(`variables[${index}]`, variable);
  }
  const isChosen = isA('RegExp', penalize) ? ({ name }: Variable) => name.search(penalize) !== -1 : penalize;
  check.callable('penalize', isChosen);
  const chosen = variables.filter((variable) => isChosen(variable));
  if (chosen.length === 0) {
    const names = variables.map(({ name }) => name);
    check.fail('range', 'penalize', 'a choice that at least one variable fits', names);
  }
  for (const variable of chosen) check.tensor(`the variable ${variable.name}`, variable, { dtype: 'float32' });
  return chosen;
}
