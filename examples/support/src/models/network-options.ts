import { checker } from '@cnnviz/internal';

/** What all networks here have in common. */
export interface NetworkOptions {
  /** Decides the initial weights, alike on every backend. */
  seed: number;
  /** `[height, width, channels]` of an image. */
  inputShape?: readonly [height: number, width: number, channels: number];
  /** Logits. Default: 10. */
  classes?: number;
}

export function checkNetwork(
  functionName: string,
  options: NetworkOptions,
  defaultShape: readonly [number, number, number],
): { seed: number; inputShape: [number, number, number]; classes: number } {
  const check = checker('@cnnviz/example-support', functionName);
  return {
    seed: check.seed('seed', options.seed),
    inputShape: [...check.shape('inputShape', options.inputShape ?? defaultShape, 3)],
    classes: check.number('classes', options.classes ?? 10, { integer: true, min: 2 }),
  };
}
