import { predict } from '@cnnviz/adversarial';
import { layerNames } from '@cnnviz/example-dissect-training';
import type { Chapter } from '@cnnviz/example-support';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { percent } from './percent.ts';
import type { Subject } from './subject.ts';

/** How much an output differs between the two runtimes, and how large it gets. */
export interface Agreement {
  output: string;
  shape: readonly number[];
  /** Largest difference of two numbers. */
  difference: number;
  /** Largest absolute number. */
  largest: number;
}

/** Compares the logits and each hidden output over all scenes. */
export async function agreementOf({ onnx, layers, images }: Subject): Promise<Agreement[]> {
  const theirs = { logits: await onnx.classify(images), ...(await onnx.probes(layerNames)(images)) };
  const ours = { logits: layers.classifier(images), ...layers.probes(layerNames)(images) };
  try {
    const agreements: Agreement[] = [];
    for (const [output, values] of Object.entries<Tensor>(theirs)) {
      const expected = ours[output as keyof typeof ours] as Tensor;
      const read = tf.tidy(() => tf.stack([tf.max(tf.abs(tf.sub(values, expected))), tf.max(tf.abs(expected))]));
      const [difference, largest] = await read.data();
      read.dispose();
      agreements.push({ output, shape: values.shape.slice(1), difference: difference!, largest: largest! });
    }
    return agreements;
  } finally {
    tf.dispose([theirs, ours]);
  }
}

/** Shows that both runtimes have the same network. */
export async function agreementChapter(subject: Subject): Promise<Chapter> {
  const agreements = await agreementOf(subject);
  const { onnx, layers, images, labels } = subject;
  const [theirs, ours] = [await predict(onnx.classify, images), await predict(layers.classifier, images)];
  const truth = await labels.data();
  const right = theirs.filter(({ label }, image) => label === truth[image]).length;
  const same = theirs.filter(({ label }, image) => label === ours[image]!.label).length;
  return {
    id: 'agreement',
    title: 'The same network twice',
    intro: [
      'The network of examples/dissect-training, which tells six kinds of rendered scenes apart, was written as an ONNX file. Its first output is the logits, the others are the activations of its four layers. All chapters below use onnxruntime, which answers with promises. This table compares it with the same network in TensorFlow.js.',
    ],
    facts: [
      { label: 'scenes classified correctly', value: percent(right / truth.length) },
      { label: 'classified alike by both', value: `${same} of ${truth.length}` },
    ],
    figures: [
      {
        kind: 'table',
        caption: `Outputs for ${truth.length} scenes, and the largest difference between both.`,
        columns: ['output', 'shape for an image', 'largest number', 'largest difference'],
        rows: agreements.map(({ output, shape, difference, largest }) => [
          output,
          shape.join(' × '),
          largest.toFixed(2),
          difference.toExponential(1),
        ]),
      },
    ],
  };
}
