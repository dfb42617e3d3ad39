import { beforeAll, describe, expect, it } from 'vitest';
import { changeAlone, job, stop } from './jobs.ts';

/** Ends only when it is stopped. */
const endless = job<{ begun: () => void }, never, void>(
  ({ begun }, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      begun();
    }),
);
const begin = (id: string) => {
  let ended: Promise<void> | undefined;
  const begun = new Promise<void>((resolve) => {
    ended = endless(id, { begun: resolve }, () => {});
  });
  return { begun, ended: ended! };
};

describe('jobs', () => {
  beforeAll(() => changeAlone(async () => {}));

  it('stops a job, and leaves the others', async () => {
    const [one, other] = [begin('one'), begin('other')];
    await Promise.all([one.begun, other.begun]);
    stop('one');
    await expect(one.ended).rejects.toMatchObject({ name: 'AbortError' });
    expect(await Promise.race([other.ended, 'runs'])).toBe('runs');
    stop('other');
    await expect(other.ended).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not begin what was stopped before', async () => {
    stop('early');
    let hasBegun = false;
    const begun = () => {
      hasBegun = true;
    };
    await expect(endless('early', { begun }, () => {})).rejects.toMatchObject({ name: 'AbortError' });
    expect(hasBegun).toBe(false);
  });

  it('stops what runs before a change, and begins afterwards what is asked for meanwhile', async () => {
    const before = begin('before');
    await before.begun;
    const order: string[] = [];
    const changed = changeAlone(async () => {
      await expect(before.ended).rejects.toMatchObject({ name: 'AbortError' });
      order.push('changed');
    });
    const after = begin('after');
    void after.begun.then(() => order.push('begun'));
    await Promise.all([changed, after.begun]);
    expect(order).toEqual(['changed', 'begun']);
    stop('after');
    await expect(after.ended).rejects.toMatchObject({ name: 'AbortError' });
  });
});
