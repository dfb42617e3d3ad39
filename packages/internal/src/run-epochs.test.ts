import { describe, expect, it } from 'vitest';
import { checker } from './check.ts';
import { type Epochs, requirePosition, requireTraining, runEpochs, type TrainingPosition } from './run-epochs.ts';

const check = checker('@cnnviz/regularizers', 'train');
const letters = ['a', 'b', 'c'];

interface State extends TrainingPosition {
  learned: string;
}
type Own = Epochs<string, { seen: number }, { epoch: number }, State>;

/** "Learns" letters by writing them down. */
function writing(learned = '', own: Partial<Own> = {}) {
  const log: string[] = [];
  const text = { learned };
  const training: Own = {
    batches: letters,
    startEpoch: (epoch) => void log.push(`start ${epoch}`),
    step: async (letter, { epoch, batch }) => {
      log.push(`${letter} ${epoch}.${batch}`);
      text.learned += letter;
    },
    measures: () => ({ seen: text.learned.length }),
    finishEpoch: async (epoch, batches) => {
      log.push(`finish ${epoch} after ${batches}`);
      return { epoch };
    },
    state: async (position) => ({ ...position, learned: text.learned }),
    ...own,
  };
  return { training, log, text };
}

describe('runEpochs', () => {
  it('goes through all batches in each epoch, counted from 0', async () => {
    const { training, log } = writing();
    await runEpochs(check, { epochs: 2 }, training);
    expect(log.join(', ')).toBe(
      'start 0, a 0.0, b 0.1, c 0.2, finish 0 after 3, start 1, a 1.0, b 1.1, c 1.2, finish 1 after 3',
    );
  });

  it('asks for the batches of each epoch, which may come later', async () => {
    const { training, text } = writing('', {
      batches: (epoch) =>
        (async function* () {
          for (let letter = 0; letter <= epoch; letter++) yield letters[letter]!;
        })(),
    });
    await runEpochs(check, { epochs: 3 }, training);
    expect(text.learned).toBe('aababc');
  });

  it.each([
    ['of an array', letters, 6],
    ['with a length', { length: 3, [Symbol.iterator]: () => letters.values() }, 6],
    ['without one, known after the first epoch', { [Symbol.iterator]: () => letters.values() }, undefined],
  ] as const)('reports done and total of batches %s', async (_, batches, total) => {
    const { training } = writing('', { batches });
    const seen: [done: number, total: number, epoch: number, batch: number, isEnd: boolean][] = [];
    const onProgress = (at: { done: number; total: number; epoch: number; batch: number; record?: object }) =>
      void seen.push([at.done, at.total, at.epoch, at.batch, at.record !== undefined]);
    await runEpochs(check, { epochs: 2, onProgress }, training);
    expect(seen).toEqual([
      [1, total ?? 4, 0, 1, false],
      [2, total ?? 6, 0, 2, false],
      [3, total ?? 8, 0, 3, false],
      [3, 6, 0, 3, true],
      [4, 6, 1, 1, false],
      [5, 6, 1, 2, false],
      [6, 6, 1, 3, false],
      [6, 6, 1, 3, true],
    ]);
  });

  it('saves a state every so many batches and after each epoch, and resumes from each of them', async () => {
    const whole = writing();
    const states: State[] = [];
    const onCheckpoint = (state: State) => void states.push(state);
    await runEpochs(check, { epochs: 2, checkpointEvery: 2, onCheckpoint }, whole.training);
    expect(states).toEqual([
      { epoch: 0, batch: 2, done: 2, learned: 'ab' },
      { epoch: 1, batch: 0, done: 3, learned: 'abc' },
      { epoch: 1, batch: 2, done: 5, learned: 'abcab' },
      { epoch: 2, batch: 0, done: 6, learned: 'abcabc' },
    ]);
    for (const from of states) {
      const resumed = writing(from.learned, { from });
      const done: number[] = [];
      await runEpochs(check, { epochs: 2, onProgress: (at) => void done.push(at.done) }, resumed.training);
      expect(resumed.text.learned).toBe('abcabc');
      if (from.epoch < 2) expect([done[0]! - from.done, done.at(-1)]).toEqual([1, 6]);
    }
  });

  it('makes a state when progress is asked for one, and only then', async () => {
    let made = 0;
    const { training } = writing();
    const state = (position: TrainingPosition) => {
      made++;
      return training.state(position);
    };
    const counted: Own = { ...training, state };
    let late: (() => Promise<State>) | undefined;
    const states: State[] = [];
    await runEpochs(
      check,
      {
        epochs: 1,
        onProgress: async ({ done, record, state }) => {
          late = state;
          if (done === 2 || record !== undefined) states.push(await state());
        },
      },
      counted,
    );
    expect(made).toBe(2);
    expect(states).toEqual([
      { epoch: 0, batch: 2, done: 2, learned: 'ab' },
      { epoch: 1, batch: 0, done: 3, learned: 'abc' },
    ]);
    await expect(late!()).rejects.toThrow('train: state() must be called before onProgress is done');
  });

  it('ends before an epoch once it is over', async () => {
    const { training, log } = writing('', { isOver: () => log.includes('finish 1 after 3') });
    await runEpochs(check, { epochs: 9 }, training);
    expect(log.at(-1)).toBe('finish 1 after 3');
  });

  it('rejects with the reason of an abort, before the next step', async () => {
    const abort = new AbortController();
    const { training, text } = writing();
    const onProgress = ({ done }: { done: number }) => {
      if (done === 2) abort.abort(new Error('enough'));
    };
    await expect(runEpochs(check, { epochs: 2, signal: abort.signal, onProgress }, training)).rejects.toThrow('enough');
    expect(text.learned).toBe('ab');
  });

  it('rejects an epoch without batches, and one that has lost some since the state was saved', async () => {
    await expect(runEpochs(check, { epochs: 1 }, writing('', { batches: [] }).training)).rejects.toThrow(
      'train: batches must be at least one batch, got []',
    );
    const from = { epoch: 0, batch: 4, done: 4 };
    await expect(runEpochs(check, { epochs: 1 }, writing('', { from }).training)).rejects.toThrow(
      'train: batches must be the 4 that were done before, or more, got 3',
    );
    const none = writing('', { batches: () => 3 as never });
    await expect(runEpochs(check, { epochs: 1 }, none.training)).rejects.toThrow('batches(0) must be an iterable');
  });

  it('lets the event loop run after each batch', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const slow = writing('', { step: () => new Promise((resolve) => setTimeout(resolve, 2)) });
    await runEpochs(check, { epochs: 2 }, slow.training);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('the checks of a training', () => {
  it.each([
    [{ epochs: 0 }, 'epochs must be an integer >= 1, got 0'],
    [{ epochs: 1, checkpointEvery: 1.5 }, 'checkpointEvery must be an integer >= 1, got 1.5'],
    [{ epochs: 1, onCheckpoint: 3 as never }, 'onCheckpoint must be a function, got 3'],
    [{ epochs: 1, signal: {} as never }, 'signal must be an AbortSignal, got {}'],
    [null as never, 'options must be an object, got null'],
  ])('refuse %j', (options, message) => {
    expect(() => requireTraining(check, [], options)).toThrow(message);
  });

  it('refuse batches that cannot be iterated', () => {
    expect(() => requireTraining(check, 'abc' as never, { epochs: 1 })).toThrow('batches must be an iterable');
  });

  it('refuse a position that cannot be', () => {
    expect(() => requirePosition(check, 'resume', { epoch: 1, batch: 2, done: 5 })).not.toThrow();
    expect(() => requirePosition(check, 'resume', { epoch: -1, batch: 0, done: 0 })).toThrow('resume.epoch must be');
    expect(() => requirePosition(check, 'resume', { epoch: 0, batch: 2, done: 1 })).toThrow('resume.done must be');
  });
});
