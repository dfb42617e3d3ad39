import { classArchive, directEncoding, MapElites } from '@cnnviz/genetic';
import { linearClassifier } from '@cnnviz/testing';
import { damagedJson, fuzz } from '@cnnviz/testing/damaged';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawingTurns,
  type EvolutionOptions,
  type EvolutionReport,
  evolution,
  evolvePictures,
  type SavedEvolution,
} from '../src/worker/evolution.ts';

/** Three classes, each for another third of 36 pixels. */
const network = {
  classify: linearClassifier(
    [0, 1, 2].map((label) => Array.from({ length: 36 }, (_, pixel) => (pixel % 3 === label ? 0.5 : -0.1))),
    [0, 0, 0],
  ),
  shape: [6, 6, 1] as const,
  bounds: [0, 1] as const,
  classes: ['zero', 'one', 'two'],
};

const evolve = (options: EvolutionOptions, onProgress: (report: EvolutionReport) => void | Promise<void> = () => {}) =>
  evolvePictures(network, options, { signal: new AbortController().signal, onProgress });
const throughFile = (saved: SavedEvolution) => JSON.parse(JSON.stringify(saved)) as SavedEvolution;

describe('the work of the chapter', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is MAP-Elites of the package, whose confidences it shows', async () => {
    const { saved, portraits, medians } = await evolve({ encoding: 'direct', seed: 1, generations: 2 });
    const encoding = directEncoding({ shape: [6, 6, 1] });
    const search = new MapElites({ encoding, archive: classArchive({ classes: 3 }), batchSize: 200, seed: 1 });
    for (let generation = 0; generation <= 2; generation++) {
      const probabilities = tf.tidy(() => tf.softmax(network.classify(encoding.render(search.ask()))));
      search.tell(await probabilities.data());
      probabilities.dispose();
      expect(medians[generation]).toBe(search.statistics().median);
    }
    expect(saved.state).toEqual(search.state());
    expect(portraits.map(({ confidence }) => confidence)).toEqual(search.elites.map(({ objective }) => objective));
    const { picture, name } = portraits[1]!;
    const brightness = [...search.elites[1]!.genome].map((gene) => Math.round(255 * gene));
    expect({ name, red: [...picture.data].filter((_, index) => index % 4 === 0) }).toEqual({
      name: 'one',
      red: brightness,
    });
  });

  it.each(['direct', 'cppn'] as const)('goes on from a file as if it had not been paused: %s', async (encoding) => {
    const tensors = tf.memory().numTensors;
    const unbroken = await evolve({ encoding, seed: 4, generations: 6 });
    const paused = await evolve({ encoding, seed: 4, generations: 6 }, () => evolution.pause());
    expect(paused.stoppedBy).toBe('pause');
    expect(paused.generation).toBeLessThan(6);
    // What the form says now is not what the file is of.
    const resumed = await evolve({ encoding: 'cppn', seed: 9, generations: 6, saved: throughFile(paused.saved) });
    expect(resumed.saved).toEqual(unbroken.saved);
    expect(resumed.portraits).toEqual(unbroken.portraits);
    expect(resumed.stoppedBy).toBe(unbroken.stoppedBy);
    const another = await evolve({ encoding, seed: 5, generations: 6 });
    expect(another.saved.state).not.toEqual(unbroken.saved.state);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('shows a file without evolving it further', async () => {
    const { saved, portraits } = await evolve({ encoding: 'cppn', seed: 0, generations: 1 });
    const opened = await evolve({ encoding: 'direct', seed: 0, generations: 0, saved: throughFile(saved) });
    expect(opened).toMatchObject({ generation: 1, evaluations: 400, saved, portraits });
  });

  it('ends when it is stopped, and can be started again', async () => {
    const tensors = tf.memory().numTensors;
    const stopping = new AbortController();
    const stopped = evolvePictures(
      network,
      { encoding: 'cppn', seed: 0, generations: 1000 },
      { signal: stopping.signal, onProgress: () => stopping.abort() },
    );
    await expect(evolve({ encoding: 'cppn', seed: 0, generations: 0 })).rejects.toThrow('runs already');
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(tf.memory().numTensors).toBe(tensors);
    expect((await evolve({ encoding: 'cppn', seed: 0, generations: 0 })).generation).toBe(0);
  });

  it('reports first what there is, then what changed', async () => {
    const classes: number[][] = [];
    const improved = new Map<number, number>();
    const { portraits } = await evolve({ encoding: 'direct', seed: 0, generations: 15 }, async (report) => {
      classes.push(report.portraits.map((portrait) => portrait.class));
      for (const portrait of report.portraits) {
        expect(portrait.generation).toBeGreaterThan(improved.get(portrait.class) ?? -1);
        improved.set(portrait.class, portrait.generation);
      }
    });
    expect(classes[0]).toEqual([0, 1, 2]);
    expect(portraits).toHaveLength(3);
  });

  it('leaves four fifths of the time to evolution, however long drawing takes', () => {
    const turns = drawingTurns();
    expect(turns.isDue(0)).toBe(true);
    turns.took(0, 1000);
    expect([turns.isDue(4999), turns.isDue(5000)]).toEqual([false, true]);
    turns.took(5000, 5001);
    expect([turns.isDue(5100), turns.isDue(5101)]).toEqual([false, true]);
  });

  it('goes on from damaged files or refuses them in words', async () => {
    const { saved } = await evolve({ encoding: 'cppn', seed: 0, generations: 1 });
    const few = { ...saved, state: { ...saved.state, generation: 0 } };
    await fuzz(
      damagedJson(throughFile(few)),
      (damaged) => evolve({ encoding: 'cppn', seed: 0, generations: 0, saved: damaged }),
      ({ message }) => /^(@cnnviz\/(genetic|internal): |This (is no|saved) )/.test(message),
    );
    for (const notSaved of [null, 7, [], { encoding: 'cppn', seed: 0, medians: [], state: null }]) {
      const refused = evolve({ encoding: 'cppn', seed: 0, generations: 0, saved: notSaved as never });
      await expect(refused).rejects.toThrow(/no saved evolution|not a state of MapElites/);
    }
  });
});
