import { broadcastTo, Einsum, einsum, type GradConfig, reshape, type Tensor } from '@tensorflow/tfjs-core';

/** Each factor's gradient is the product of the others and that of the result, summed over what the factor lacks. */
export const einsumGradient: GradConfig = {
  kernelName: Einsum,
  saveAllInputs: true,
  gradFunc: (dy, factors, attrs) => {
    const [left, result] = (attrs.equation as string).replaceAll(' ', '').split('->') as [string, string];
    const names = left.split(',');
    return Object.fromEntries(
      factors.map((factor, i) => {
        const others = factors.filter((_, other) => other !== i);
        const otherNames = names.filter((_, other) => other !== i);
        return [i, () => gradientOf(factor, names[i]!, [dy as Tensor, ...others], [result, ...otherNames])];
      }),
    );
  },
};

/** Axes of the factor that nothing else has were summed over: what comes back is the same all along them. */
function gradientOf(factor: Tensor, names: string, others: Tensor[], otherNames: string[]): Tensor {
  const known = [...names].filter((name) => otherNames.some((others) => others.includes(name))).join('');
  const sum = einsum(`${otherNames.join(',')}->${known}`, ...others);
  const shape = factor.shape.map((size, axis) => (known.includes(names[axis]!) ? size : 1));
  return broadcastTo(reshape(sum, shape), factor.shape);
}
