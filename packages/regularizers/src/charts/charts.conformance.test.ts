import { conformance, describeOnBackends } from '@cnnviz/testing';
import {
  capacity,
  corruptionChart,
  type EpochRecord,
  generalizationGap,
  overfittingChart,
  type RandomizationRun,
  randomizationCurves,
  summarizeRuns,
} from '../index.ts';

const history = (): EpochRecord[] =>
  [0.5, 0.75].map((accuracy, epoch) => ({
    epoch,
    learningRate: 0.1,
    loss: 1 - accuracy,
    penalty: 0,
    accuracy,
    validationLoss: 1,
    validationAccuracy: 0.5,
  }));

const runs = (): RandomizationRun[] =>
  [0, 1].map((corruption) => ({
    condition: corruption === 0 ? 'true labels' : 'random labels',
    corruption,
    regularizer: 'none',
    seed: 0,
    parameters: 10,
    samples: 5,
    epochs: 2,
    trainLoss: 0.1,
    trainAccuracy: 1,
    testLoss: 2,
    testAccuracy: 0.5,
    curve: history(),
  }));

const noRuns = [
  [() => ({ runs: [] }), /runs must be at least one run, got \[\]/],
  [() => ({ runs: 'all' as never }), /runs must be a list of runs, got "all"/],
] as const;

// What is plain data in and plain data out is the same on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'capacity',
    inputs: () => ({ variables: [{ name: 'dense/kernel', shape: [4, 3] }] }),
    options: { samples: 100 },
    run: ({ variables }, options) => capacity(variables, options),
    badOptions: [[{ samples: 0 }, /samples must be an integer >= 1, got 0/]],
    badInputs: [[() => ({ variables: [] }), /variables must be at least one variable, got \[\]/]],
    sync: true,
  });
  conformance({
    name: 'generalizationGap',
    inputs: () => ({ history: history() }),
    options: {},
    run: (inputs) => generalizationGap(inputs.history),
    badOptions: [],
    badInputs: [[() => ({ history: 'all' as never }), /history must be a list of epochs, got "all"/]],
    sync: true,
  });
  conformance({
    name: 'overfittingChart',
    inputs: () => ({ histories: { none: history() } }),
    options: { metric: 'loss' as const },
    run: ({ histories }, options) => overfittingChart(histories, options),
    badOptions: [[{ metric: 'f1' }, /metric must be one of "error", "loss", got "f1"/]],
    badInputs: [[() => ({ histories: {} as never }), /histories must be at least one training, got {}/]],
    sync: true,
  });
  for (const of of [summarizeRuns, randomizationCurves]) {
    conformance({
      name: of.name,
      inputs: () => ({ runs: runs() }),
      options: {},
      run: (inputs) => of(inputs.runs),
      badOptions: [],
      badInputs: noRuns,
      sync: true,
    });
  }
  conformance({
    name: 'corruptionChart',
    inputs: () => ({ runs: runs() }),
    options: { classes: 10 },
    run: (inputs, options) => corruptionChart(inputs.runs, options),
    badOptions: [[{ classes: 1 }, /classes must be an integer >= 2, got 1/]],
    badInputs: noRuns,
    sync: true,
  });
});
