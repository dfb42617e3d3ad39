import { join } from 'node:path';
import { type Cost, lenet, loadSqueezeNet, median } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Bounds,
  type Classifier,
  cppnEncoding,
  directEncoding,
  evolveFoolingImages,
  type ImageEncoding,
} from '../src/index.ts';

interface Subject {
  name: string;
  model: Classifier;
  bounds: Bounds;
  batchSize: number;
  encodings: Record<string, ImageEncoding<unknown>>;
  /** A generation against its forward passes. */
  bound: number;
  /** Rendering CPPNs against the forward passes, if it is measured. */
  renderingBound?: number;
}

export function lenetSubject(): Subject {
  const shape = [28, 28, 1] as const;
  const network = lenet({ seed: 0 });
  return {
    name: 'LeNet at 28',
    model: (images) => network.apply(images) as tf.Tensor2D,
    bounds: [0, 1],
    batchSize: 200,
    encodings: {
      direct: directEncoding({ shape }) as ImageEncoding<unknown>,
      CPPN: cppnEncoding({ shape }) as ImageEncoding<unknown>,
    },
    bound: 1.5,
  };
}

export async function squeezeNetSubject(): Promise<Subject | undefined> {
  const folder = process.env.CNNVIZ_DATA;
  if (!folder) return undefined;
  const { classifier, bounds } = await loadSqueezeNet(join(folder, 'models'));
  return {
    name: 'SqueezeNet at 227',
    model: classifier,
    bounds,
    batchSize: 20,
    encodings: { CPPN: cppnEncoding({ shape: [227, 227, 3] }) as ImageEncoding<unknown> },
    bound: 1.15,
    renderingBound: 0.25,
  };
}

const POPULATION = 200;

export async function imageCosts(subject: Subject, generations: number): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const [name, encoding] of Object.entries(subject.encodings)) {
    const evolving: number[] = [];
    const passing: number[] = [];
    const rendering: number[] = [];
    let since = performance.now();
    await evolveFoolingImages(subject.model, {
      encoding,
      bounds: subject.bounds,
      populationSize: POPULATION,
      batchSize: subject.batchSize,
      generations,
      seed: 0,
      onProgress: async ({ generation, elites }) => {
        if (generation > 0) evolving.push(performance.now() - since);
        const genomes = Array.from({ length: POPULATION }, (_, index) => elites[index % elites.length]!.genome);
        const { rendered, passed } = await passesOf(genomes, encoding, subject);
        if (generation > 0) {
          passing.push(passed);
          rendering.push(rendered);
        }
        since = performance.now();
      },
    });
    const seconds = (milliseconds: number[]) => `${(median(milliseconds) / 1000).toFixed(3)} s`;
    costs.push({
      what: `${subject.name}, a generation of ${POPULATION} ${name}`,
      ratio: median(evolving) / median(passing),
      bound: { atMost: subject.bound },
      detail: `${seconds(evolving)}, forward passes alone ${seconds(passing)}`,
    });
    if (subject.renderingBound === undefined) continue;
    costs.push({
      what: `${subject.name}, rendering ${POPULATION} ${name}s`,
      ratio: median(rendering) / median(passing),
      bound: { atMost: subject.renderingBound },
      detail: `${seconds(rendering)}, forward passes alone ${seconds(passing)}`,
    });
  }
  return costs;
}

/** Milliseconds that rendering the genomes takes, and that the bare forward passes of the images take. */
async function passesOf(genomes: unknown[], encoding: ImageEncoding<unknown>, { model, bounds, batchSize }: Subject) {
  const [min, max] = bounds;
  let rendered = 0;
  let passed = 0;
  for (let start = 0; start < genomes.length; start += batchSize) {
    const beforeRendering = performance.now();
    const images = tf.tidy(() => encoding.render(genomes.slice(start, start + batchSize)));
    await images.data();
    rendered += performance.now() - beforeRendering;
    const scaled = tf.tidy(() => tf.add(tf.mul(images, max - min), min) as tf.Tensor4D);
    await scaled.data();
    const beforePassing = performance.now();
    const logits = tf.tidy(() => model(scaled));
    await logits.data();
    passed += performance.now() - beforePassing;
    tf.dispose([images, scaled, logits]);
  }
  return { rendered, passed };
}
