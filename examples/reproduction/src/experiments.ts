/** An example that leaves `claims.json` in its folder. */
export interface Experiment {
  /** Its folder under `examples`, and that of its results. */
  name: string;
  title: string;
  /** Its options, without and with `--quick`. */
  options: { standard: readonly string[]; quick: readonly string[] };
  /** Skipped where `CNNVIZ_DATA` is not set. */
  needsData?: true;
}

const alike = (...options: string[]) => ({ standard: options, quick: options });
const shorter = { standard: [], quick: ['--quick'] };

export const experiments: readonly Experiment[] = [
  { name: 'overfitting', title: 'Overfitting', options: alike() },
  { name: 'randomization-test', title: 'The randomization test', options: shorter },
  { name: 'critical-samples', title: 'Critical samples', options: shorter },
  { name: 'adversarial', title: 'Adversarial attacks', options: shorter },
  { name: 'onemax', title: 'The first genetic algorithm', options: alike('--claims') },
  { name: 'fooling-evolution', title: 'Evolved fooling images', options: alike() },
  { name: 'fooling-compare', title: 'Three ways to fool a network', options: alike() },
  { name: 'dissect-training', title: 'Detectors that emerge in training', options: shorter },
  { name: 'dissect', title: 'Network Dissection of SqueezeNet', options: shorter, needsData: true },
  { name: 'actmax', title: 'Activation maximization in SqueezeNet', options: shorter, needsData: true },
  { name: 'dgn-am', title: 'Activation maximization with a learned generator', options: shorter },
];
