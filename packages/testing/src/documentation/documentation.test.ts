import { fileURLToPath } from 'node:url';
import { useBackend } from '@cnnviz/testing';
import { describe, expect, test } from 'vitest';
import { moduleOf, runExample, typeErrorsOf } from './examples-as-modules.ts';
import {
  type Example,
  examplesOfMarkdown,
  examplesOfSource,
  findExamples,
  publishedPackages,
} from './find-examples.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const examples = findExamples(root);

useBackend('wasm');

describe('the documentation', () => {
  const typeErrors = typeErrorsOf(root, examples);

  for (const [index, example] of examples.entries()) {
    test(`${example.place} is well-typed`, () => expect(typeErrors[index]).toEqual([]));
    test.skipIf(!example.isRun)(`${example.place} runs`, () => runExample(root, example));
  }

  test('shows an example in the README of every published package', () => {
    const shown = new Set(examples.map(({ place }) => place.split(':')[0]));
    const silent = publishedPackages(root).filter((folder) => !shown.has(`packages/${folder}/README.md`));
    expect(silent).toEqual([]);
  });
});

describe('a broken example', () => {
  const broken = (code: string): Example => ({ place: 'broken.md:1', code, isRun: true });

  test('fails where a name, an option or a module is wrong', () => {
    const [name, option, module, sound] = typeErrorsOf(root, [
      broken("import { fgsmm } from '@cnnviz/adversarial';\nfgsmm();"),
      broken("import { fgsm } from '@cnnviz/adversarial';\nfgsm(model, images, labels, { epsilon: 1 });"),
      broken("import { fgsm } from '@cnnviz/adversary';\nfgsm();"),
      broken(
        "import { fgsm } from '@cnnviz/adversarial';\nfgsm(model, images, labels, { epsilon: 1, bounds: [0, 1] });",
      ),
    ]);
    expect(name?.[0]).toContain("has no exported member named 'fgsmm'");
    expect(option?.[0]).toContain("Property 'bounds' is missing");
    expect(module?.[0]).toContain("Cannot find module '@cnnviz/adversary'");
    expect(sound).toEqual([]);
  });

  test('fails where it throws, at once or after an await', async () => {
    await expect(runExample(root, broken("throw new Error('at once');"))).rejects.toThrow('at once');
    const later = broken("await Promise.resolve();\nthrow new Error('later');");
    await expect(runExample(root, later)).rejects.toThrow('later');
    const negative =
      "import { fgsm } from '@cnnviz/adversarial';\nfgsm(model, images, labels, { epsilon: -1, bounds: [0, 1] });";
    await expect(runExample(root, broken(negative))).rejects.toThrow('epsilon must be a number >= 0, got -1');
  });
});

describe('examples', () => {
  test('are the ts blocks of Markdown', () => {
    const text = ['# Title', '```sh', 'npm', '```', '```ts', 'a;', '```', '```ts no-run', 'b;', '```'].join('\n');
    expect(examplesOfMarkdown('README.md', text)).toEqual([
      { place: 'README.md:5', code: 'a;\n', isRun: true },
      { place: 'README.md:8', code: 'b;\n', isRun: false },
    ]);
    expect(() => examplesOfMarkdown('README.md', '```ts norun\n```')).toThrow('README.md:1: unknown word');
  });

  test('are the @example tags of what is exported', () => {
    const text = [
      '/**',
      ' * Adds.',
      ' *',
      ' * @example',
      " * import { add } from 'add';",
      ' *',
      ' * add(1, 2); // 3',
      ' */',
      'export function add() {}',
      '/** @example hidden(); */',
      'function hidden() {}',
    ].join('\n');
    expect(examplesOfSource('add.ts', text)).toEqual([
      { place: 'add.ts:4', code: "import { add } from 'add';\n\nadd(1, 2); // 3", isRun: true },
    ]);
  });

  test('are only type-checked where their fence says so, in docstrings too', () => {
    const text = '/**\n * @example\n * ```ts no-run\n * wait();\n * ```\n */\nexport function wait() {}';
    expect(examplesOfSource('wait.ts', text)).toEqual([{ place: 'wait.ts:2', code: '\nwait();\n', isRun: false }]);
  });

  test('may use the names of the prelude, and declare them themselves', () => {
    const given = moduleOf({ place: 'x', code: 'const logits = model(images);' });
    expect(given).toContain('import { model, images } from');
    expect(moduleOf({ place: 'x', code: 'const model = 1; model;' })).not.toContain('{ model');
  });
});
