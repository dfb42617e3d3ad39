import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../../packages/testing/src/documentation/find-examples.ts';
import { installsOf, placeOf } from '../../packages/testing/src/documentation/readme-program.ts';
import type { Tarballs } from './pack.ts';
import { endingOf, publicReadmes, type Readme, twoAtATime, type Workshop } from './workshop.ts';

interface Trial {
  example: Example;
  /** What is typed first, in an empty folder. */
  install: string;
}

/**
 * Follows a README like a new user: in an empty folder, it runs the install line with tarballs in place of our names, saves the
 * complete example to a file, and runs the given command.
 */
export async function firstExamples(workshop: Workshop): Promise<void> {
  const readmes = await publicReadmes();
  for (const { path, text } of readmes) {
    const isSaid = text.includes('`example.mts`') && text.replaceAll('\n', ' ').includes('`npx tsx example.mts`');
    workshop.report(`${path} says how its first example is run`, isSaid ? undefined : 'with `npx tsx example.mts`');
  }
  const trials = readmes.flatMap((readme) => trialsOf(readme));
  let number = 0;
  await twoAtATime(trials, async ({ example, install }) => {
    const name = `an empty folder, ${example.place}: ${install.replaceAll('@tensorflow/', '')}`;
    if (!example.isRun) {
      workshop.skip(name, 'it needs a native library or the network');
      return;
    }
    const folder = join(workshop.folder, `first-${number++}`);
    await mkdir(folder);
    await writeFile(join(folder, 'example.mts'), example.code);
    // --yes stands for the user who agrees to install tsx.
    const commands = `${withTarballs(install, workshop.tarballs)} && npx --yes tsx example.mts`;
    const { failure } = await endingOf('bash', ['-c', `export npm_config_prefer_offline=true; ${commands}`], folder);
    workshop.report(name, failure);
  });
}

export function trialsOf({ name, text, examples }: Readme): Trial[] {
  const installs = installsOf(text);
  // Each of the root README is for another reader, and complete.
  const complete = name === 'root' ? examples : examples.slice(0, 1);
  const trials = complete.map((example) => {
    const install = installs.filter(({ line }) => line < placeOf(example).line).at(-1);
    if (install === undefined) throw new Error(`${example.place}: no install line above`);
    return { example, install: install.command };
  });
  // Until there is a release: the line as it is written, in a folder beside the tarballs.
  const fromTarballs = installs.filter(({ command }) => command.includes('.tgz'));
  return [...trials, ...fromTarballs.map(({ command }) => ({ example: complete[0]!, install: command }))];
}

/** The line with the path of a tarball in place of each name that is ours. */
function withTarballs(install: string, tarballs: Tarballs): string {
  return install.replace(/@cnnviz\/[a-z-]+/g, (name) => {
    const tarball = tarballs[name];
    if (tarball === undefined) throw new Error(`${install}: ${name} is not a published package`);
    return tarball;
  });
}
