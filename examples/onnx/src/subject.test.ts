import { predict, squareAttack } from '@cnnviz/adversarial';
import { dissect, receptiveField } from '@cnnviz/dissect';
import { isRequired, useBackend } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agreementOf } from './agreement-chapter.ts';
import { openRuntime, runtimeNames } from './runtime.ts';
import { openSubject, type Subject } from './subject.ts';
import { dissectScenes } from './units-chapter.ts';

useBackend('wasm');

describe.each(runtimeNames)('the network in %s', (name) => {
  let subject: Subject;
  let reason: string | undefined;
  beforeAll(async () => {
    try {
      const { runtime } = await openRuntime(name);
      subject = await openSubject(runtime, { count: 40, seed: 0 });
    } catch (error) {
      if (name !== 'onnxruntime-node' || isRequired(name)) throw error;
      reason = (error as Error).message;
    }
  });
  afterAll(() => subject?.close());

  const given = (title: string, run: () => Promise<void>) =>
    test(title, async ({ skip }) => {
      if (reason !== undefined) skip(reason);
      const before = tf.memory().numTensors;
      await run();
      expect(tf.memory().numTensors, 'tensors').toBe(before);
    });

  given('gives the logits and hidden activations that it gives in TensorFlow.js', async () => {
    const agreements = await agreementOf(subject);
    expect(agreements.map(({ output, shape }) => [output, ...shape])).toEqual([
      ['logits', 6],
      ['conv1', 32, 32, 16],
      ['conv2', 16, 16, 32],
      ['conv3', 8, 8, 48],
      ['conv4', 4, 4, 64],
    ]);
    for (const { output, difference, largest } of agreements) {
      expect(difference, output).toBeLessThan(1e-4);
      expect(largest, output).toBeGreaterThan(1);
    }
  });

  given('is dissected to what it is dissected to in TensorFlow.js', async () => {
    const { onnx, layers } = subject;
    const theirs = await dissectScenes(subject, onnx.probes(['conv3', 'conv4']));
    const ours = await dissectScenes(subject, layers.probes(['conv3', 'conv4']));
    expect(theirs.map(({ units }) => units.filter(({ isDetector }) => isDetector).length)).toEqual(
      ours.map(({ units }) => units.filter(({ isDetector }) => isDetector).length),
    );
    for (const [index, { units }] of theirs.entries()) {
      for (const { unit, best, isDetector, threshold, topImages } of units) {
        const expected = ours[index]!.units[unit]!;
        expect({ concept: best?.concept, isDetector }).toEqual({
          concept: expected.best?.concept,
          isDetector: expected.isDetector,
        });
        expect(best?.iou ?? 0).toBeCloseTo(expected.best?.iou ?? 0, 3);
        expect(threshold).toBeCloseTo(expected.threshold, 4);
        expect(topImages.map(({ image }) => image)).toEqual(expected.topImages.map(({ image }) => image));
      }
    }
  });

  given('is attacked as it is in TensorFlow.js', async () => {
    const { onnx, layers } = subject;
    const [images, labels] = [tf.slice(subject.images, 0, 8), tf.slice(subject.labels, 0, 8)];
    const options = { epsilon: 12, bounds: [0, 255], queries: 20, seed: 0 } as const;
    const theirs = await squareAttack(onnx.classify, images, labels, options);
    const ours = await squareAttack(layers.classifier, images, labels, options);
    expect(theirs.fooled).toEqual(ours.fooled);
    expect(theirs.queries).toEqual(ours.queries);
    expect(theirs.fooled).toContain(true);
    expect(Array.from(await theirs.images.data())).toEqual(Array.from(await ours.images.data()));
    tf.dispose([images, labels, theirs.images, ours.images]);
  });

  given("passes the runtime's errors on", async () => {
    const { onnx, layers, scenes, images } = subject;
    const upsampling = receptiveField(layers.topology, 'conv4');
    await expect(dissect({ probe: onnx.probe('conv5'), concepts: scenes, upsampling })).rejects.toThrow('conv5');
    const small = tf.slice(images, [0, 0, 0, 0], [1, 16, 32, 3]);
    await expect(predict(onnx.classify, small)).rejects.toThrow(/dimension|expected/i);
    small.dispose();
  });
});
