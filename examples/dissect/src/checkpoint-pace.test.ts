import { expect, it } from 'vitest';
import { checkpointPace } from './checkpoint-pace.ts';

it('waits for the pause, and longer where a checkpoint took long', async () => {
  let time = 0;
  const pace = checkpointPace({ pause: 60, share: 0.1, now: () => time });
  const dueAt = async () => {
    while (!pace.isDue()) time++;
    return time;
  };
  const take = (duration: number) =>
    pace.write(async () => {
      time += duration;
    });
  expect(await dueAt()).toBe(60);
  await take(2);
  expect(await dueAt()).toBe(62 + 60);
  await take(20);
  expect(await dueAt()).toBe(142 + 200);
});
