import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

function start(...options: string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', '--conditions', '@cnnviz/source', program, ...options], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
    timeout: 50_000,
  });
}

it.each([
  [['--wanted', 'much'], '--wanted must be a number > 0, got much'],
  [['--data', 'letters'], '--data must be one of mnist, fashion, got letters'],
])(
  'says what is wrong with %s',
  (options, message) => {
    const { status, stderr } = start(...options);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  },
  60_000,
);
