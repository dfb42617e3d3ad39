import { linearClassifier, tinyCnn, tinyProbe } from '@cnnviz/testing';
import { describeHostileCalls, type ValidCall } from '@cnnviz/testing/hostile';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import * as actmax from '../src/index.ts';

const shape = [4, 4, 1] as const;
const bounds = [0, 1] as const;
const model = tinyCnn({ shape });
const probe = tinyProbe({ shape });
const images = () => tf.tidy(() => tf.reshape(tf.div(tf.range(0, 32), 32), [2, 4, 4, 1])) as Tensor4D;
const encoder = (batch: Tensor4D) => tf.reshape(tf.avgPool(batch, 2, 2, 'valid'), [batch.shape[0], 4]) as Tensor2D;
const decoder = (codes: Tensor2D) =>
  tf.tidy(() => tf.sigmoid(tf.reshape(tf.tile(codes, [1, 4]), [codes.shape[0], ...shape])) as Tensor4D);
const box = { lower: [0, 0, 0, 0], upper: [1, 1, 1, 1] };
const spectrum = { down: [0, 0.25, 0.5], across: [0, 0.5], magnitudes: [[0, 1, 2, 1, 1, 1]] };
const moments = () => actmax.addToCodeMoments(actmax.emptyCodeMoments(2), [1, 2, 3, 4]);

/** Runs a few steps with some of the options replaced. */
const run = (options: object) =>
  actmax.maximizeActivation({
    objective: actmax.logit(model, 1),
    parameterization: actmax.pixels({ shape, bounds }),
    seed: 0,
    count: 2,
    steps: 2,
    ...options,
  });
const asObjective = (objective: unknown) => run({ objective });
const asParameterization = (parameterization: unknown) => run({ parameterization });
const asRegularizer = (regularizer: unknown) => run({ regularizers: [regularizer] });
const asTransform = (transform: unknown) => run({ transforms: [transform] });
const asOptimizer = (optimizer: unknown) => run({ optimizer });

/** Each part of a run made by hand. */
const parts = {
  objective: {
    name: 'own',
    prepare: (activations: (model: unknown) => Tensor) => {
      activations(model);
      return { held: [], score: (of: (model: unknown) => Tensor) => tf.mean(of(model), 1) };
    },
  },
  parameterization: {
    name: 'own',
    variableShape: [...shape],
    bounds,
    start: (_: unknown, count: number) => tf.fill([count, ...shape], 0.5),
    render: (variables: Tensor) => tf.clipByValue(variables, 0, 1),
    project: (variables: Tensor) => tf.clipByValue(variables, 0, 1),
    check: async () => {},
  },
  optimizer: {
    name: 'own',
    memory: 1,
    update: (gradient: Tensor, [memory]: Tensor[]) => ({ update: gradient, memory: [tf.add(memory!, 1)] }),
  },
  transforms: [(given: Tensor4D) => tf.mul(given, 1)],
  regularizers: [
    {
      name: 'own',
      check: () => {},
      penalty: (given: Tensor4D) => tf.mean(given, [1, 2, 3]),
      afterStep: (variables: Tensor) => tf.mul(variables, 0.9),
    },
  ],
  seed: 0,
  steps: 2,
};

const generatorOptions = { codeLength: 4, range: bounds, bounds };
const trained = () => ({
  ...actmax.upconvolutionalGenerator({ codeSize: 4, shape, bounds, seed: 0, hidden: 2, filters: [2, 2] }),
});
const checkpoint = async () => {
  let taken: unknown;
  const generator = trained();
  const batch = images();
  await actmax.trainGenerator(generator, encoder, [batch], {
    loss: 'l2',
    optimizer: tf.train.sgd(0.01),
    epochs: 1,
    onCheckpoint: (given) => {
      taken = given;
    },
  });
  tf.dispose([generator.variables, batch]);
  return taken as actmax.GeneratorCheckpoint;
};
const kept = await (async () => {
  const { startBackend } = await import('@cnnviz/testing');
  await startBackend('cpu');
  return checkpoint();
})();

const calls: Record<string, ValidCall> = {
  maximizeActivation: { given: () => [parts] },
  activationSteps: {
    given: () => [parts],
    use: async (steps: AsyncGenerator<unknown, unknown>) => {
      for (;;) {
        const { done, value } = await steps.next();
        if (done) return value;
      }
    },
  },
  channel: { given: () => [probe, 0], use: asObjective },
  contentFrom: { given: () => [probe, images()], use: asObjective },
  direction: { given: () => [probe, [1, 0, 0, 0, 0, 1], {}], use: asObjective },
  diversity: { given: () => [probe], use: asObjective },
  layer: { given: () => [probe], use: asObjective },
  logit: { given: () => [model, [0, 1]], use: asObjective },
  probability: { given: () => [model, [0, 1]], use: asObjective },
  logProbability: { given: () => [model, 1], use: asObjective },
  unit: { given: () => [probe, 0, { position: [0, 0] }], use: asObjective },
  sum: { given: () => [parts.objective, parts.objective], use: asObjective },
  difference: { given: () => [parts.objective, { ...actmax.times(0.5, parts.objective as never) }], use: asObjective },
  times: { given: () => [2, parts.objective], use: asObjective },
  colorMixing: { given: () => [[images()]] },
  crop: { given: () => [{ part: [0.5, 0.9], size: [4, 4] }], use: asTransform },
  meanSpectrum: { given: () => [[images()], { colors: 'none' }] },
  noise: { given: () => [{ deviation: 0.1 }], use: asTransform },
  phase: { given: () => [{ shape, bounds, spectrum }], use: asParameterization },
  fourier: { given: () => [{ shape, bounds, from: images() }], use: asParameterization },
  generator: {
    given: () => [decoder, { ...generatorOptions, map: (given: Tensor4D) => tf.mul(given, 1), codeBounds: box }],
    use: asParameterization,
  },
  pixels: { given: () => [{ shape, bounds, from: images() }], use: asParameterization },
  adam: { given: () => [{}], use: asOptimizer },
  normalizedAscent: { given: () => [{ initial: 0.1 }], use: asOptimizer },
  jitter: { given: () => [{ pixels: 1 }], use: asTransform },
  pad: { given: () => [{ pixels: 1 }], use: asTransform },
  resize: { given: () => [{ size: [4, 4] }], use: asTransform },
  rotate: { given: () => [{ degrees: [1] }], use: asTransform },
  scale: { given: () => [{ factors: [1] }], use: asTransform },
  robustness: {
    given: () => [{ pad: 4, jitter: [1, 1], scale: [1], rotate: [0], size: [4, 4] }],
    use: (transforms: unknown) => run({ transforms }),
  },
  blur: { given: () => [{}], use: asRegularizer },
  decay: { given: () => [{}], use: asRegularizer },
  gaussianPrior: { given: () => [{}], use: asRegularizer },
  totalVariation: { given: () => [{ weight: 1 }], use: asRegularizer },
  codeBounds: { given: () => [encoder, [images()], {}] },
  codeBoundsOf: { given: () => [moments(), {}] },
  addToCodeMoments: { given: () => [actmax.emptyCodeMoments(2), [1, 2, 3, 4]] },
  emptyCodeMoments: { given: () => [2] },
  mergeCodeMoments: { given: () => [moments(), moments()] },
  convolutionalDiscriminator: { given: () => [{ shape, seed: 0, filters: [2] }] },
  upconvolutionalGenerator: { given: () => [{ codeSize: 4, shape, bounds, seed: 0, hidden: 2, filters: [2, 2] }] },
  trainGenerator: {
    given: () => [
      trained(),
      encoder,
      [images()],
      {
        loss: { image: 1, feature: 1, adversarial: 1 },
        optimizer: tf.train.sgd(0.01),
        epochs: 1,
        schedule: () => 0.01,
        comparator: encoder,
        discriminator: { ...actmax.convolutionalDiscriminator({ shape, seed: 0, filters: [2] }) },
        discriminatorOptimizer: tf.train.sgd(0.01),
        samples: { images: images(), bounds, onPicture: () => {} },
        onCheckpoint: () => {},
      },
    ],
  },
  encodeGeneratorCheckpoint: { given: () => [kept] },
  decodeGeneratorCheckpoint: { given: () => [actmax.encodeGeneratorCheckpoint(kept)] },
  restoreGenerator: { given: () => [trained().variables, kept] },
  dgnAm: {
    given: () => [decoder, { range: bounds, bounds, codeBounds: box }],
    use: (options: object) => run({ ...options, steps: 2 }),
  },
  ppgn: {
    given: () => [decoder, { range: bounds, bounds, codeBounds: box, encoder, seed: 0 }],
    use: (options: object) => run({ ...options, steps: 2 }),
  },
  nearestDistances: { given: () => [images(), [images()]] },
  synthesisQuality: {
    given: () => [
      [{ method: 'own', unit: 0, images: images() }],
      {
        units: encoder,
        data: [images()],
        judge: linearClassifier([new Array(16).fill(1), new Array(16).fill(0)], [0, 0]),
      },
    ],
  },
  filmStrip: { given: () => [[images(), images()], { bounds }] },
  methodsGrid: { given: () => [[images(), images()], { bounds }] },
};

describeHostileCalls('actmax', actmax, calls);
