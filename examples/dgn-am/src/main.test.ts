import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

it('names every option in its help', () => {
  const { status, stdout, stderr } = start('--help');
  expect(status, stderr).toBe(0);
  const options = [...readFileSync(program, 'utf8').matchAll(/^ {4}(\w+): \{ type: '/gm)].map(([, name]) => name!);
  expect(options).toContain('starts');
  for (const name of options) expect(stdout).toMatch(new RegExp(`^ +--${name}\\b`, 'm'));
}, 60_000);

it.each([
  [['--wanted', 'much'], '--wanted must be a number > 0, got much'],
  [['--data', 'letters', '--backend', 'cpu'], '--data must be one of mnist, fashion, got letters'],
])(
  'says what is wrong with %s',
  (options, message) => {
    const { status, stderr } = start(...options);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  },
  60_000,
);
