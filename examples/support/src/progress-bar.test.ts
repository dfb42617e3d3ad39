import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { progressBars } from './progress-bar.ts';

function output({ isTTY }: { isTTY: boolean }) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream, text: () => chunks.join('') };
}

describe('progressBars', () => {
  it('writes one plain line a quarter in a pipe', async () => {
    const { stream, text } = output({ isTTY: false });
    const result = await progressBars({ stages: 2, stream }).stage('training', 1000, async (update) => {
      for (let i = 1; i <= 1000; i++) update(i, `step ${i}`);
      return 'weights';
    });
    expect(result).toBe('weights');
    const lines = text().trimEnd().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '[1/2] training: 25%, step 250',
      '[1/2] training: 50%, step 500',
      '[1/2] training: 75%, step 750',
    ]);
    expect(lines[3]).toMatch(/^\[1\/2\] training: done after \d+\.\d s, step 1000$/);
    expect(lines).toHaveLength(4);
  });

  it('reads done and total of a progress object, whatever total the stage was given', async () => {
    const lines = async (isTTY: boolean) => {
      const { stream, text } = output({ isTTY });
      await progressBars({ stream }).stage('training', 7, async (update) => {
        for (let done = 1; done <= 8; done++) update({ done, total: 8 }, `batch ${done}`);
      });
      return text();
    };
    expect((await lines(false)).split('\n').slice(0, 3)).toEqual([
      'training: 25%, batch 2',
      'training: 50%, batch 4',
      'training: 75%, batch 6',
    ]);
    expect(await lines(true)).toContain('100%');
  });

  it('writes no control characters in a pipe', async () => {
    const { stream, text } = output({ isTTY: false });
    const progress = progressBars({ stages: 2, stream });
    for (const label of ['one', 'two']) await progress.stage(label, 3, async (update) => update(2));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(text()).toMatch(/^\[1\/2\] one: 50%\n\[1\/2\] one: done .*\n\[2\/2\] two: 50%\n\[2\/2\] two: done .*\n$/);
  });

  it('draws a bar in a terminal, to its end', async () => {
    const { stream, text } = output({ isTTY: true });
    await progressBars({ stream }).stage('fooling', 4, async (update) => update(1, 'digit 1'));
    expect(text()).toContain('fooling █');
    expect(text()).toContain('100%');
    expect(text()).toContain('digit 1');
    expect(text()).not.toContain('[1/');
  });

  it.each([true, false])('ends its line and passes the error on when the work fails (terminal: %s)', async (isTTY) => {
    const { stream, text } = output({ isTTY });
    const failing = progressBars({ stream }).stage('training', 10, async (update) => {
      update(5);
      throw new Error('out of memory');
    });
    await expect(failing).rejects.toThrow('out of memory');
    expect(text().endsWith('\n')).toBe(true);
    expect(text()).not.toContain('100%');
    if (!isTTY) expect(text()).toMatch(/training: failed after/);
  });
});
