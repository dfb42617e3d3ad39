import { describeOnBackends } from '@cnnviz/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import fixture from '../../fixtures/autoattack.json' with { type: 'json' };
import { autoAttackImages, autoAttackNetwork } from '../../fixtures/autoattack-network.ts';
import { robustAccuracy } from './robust-accuracy.ts';

/**
 * Random starts differ, and with cross-entropy alone some images fall for one start and not for another. What
 * AutoAttack's standard version leaves is hardly to be broken by anything.
 */
describeOnBackends(['wasm'], () => {
  describe('as AutoAttack', () => {
    test('has the same network', async () => {
      const { model, weights } = autoAttackNetwork();
      const data = autoAttackImages();
      const logits = model(data.images);
      for (const [index, logit] of (await logits.data()).slice(0, 50).entries()) {
        expect(logit).toBeCloseTo(fixture.logits[index]!, 4);
      }
      tf.dispose([weights, data.images, data.labels, logits]);
    });

    for (const [norm, theirs, epsilon] of [
      ['linf', fixture.standing.Linf, fixture.epsilon.Linf],
      ['l2', fixture.standing.L2, fixture.epsilon.L2],
    ] as const) {
      test(`breaks as many images by Auto-PGD in ${norm}, and none that the whole of it leaves, but for one`, async () => {
        const { model, weights } = autoAttackNetwork();
        const data = autoAttackImages();
        const options = { epsilon, bounds: [0, 1], norm, seed: 0, attacks: ['apgd-ce'] } as const;
        const { brokenBy, warnings, robust, correct } = await robustAccuracy(model, [data], options);
        const theirRobust = theirs.apgdCe.filter((stands) => stands === 1).length;
        expect(Math.abs(robust - theirRobust)).toBeLessThanOrEqual(3);
        const brokenHereAlone = brokenBy.filter((by, image) => by !== null && theirs.standard[image] === 1);
        expect(brokenHereAlone.length).toBeLessThanOrEqual(1);
        expect(robust).toBeLessThan(0.9 * correct);
        expect(robust).toBeGreaterThan(0.1 * correct);
        expect(warnings).toEqual([]);
        tf.dispose([weights, data.images, data.labels]);
      });
    }
  });
});
