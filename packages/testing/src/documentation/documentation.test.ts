import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@cnnviz/testing';
import { describe, expect, test } from 'vitest';
import { moduleOf, moduleOfReadme, runModule, typeErrorsOf } from './examples-as-modules.ts';
import {
  type Example,
  examplesOfMarkdown,
  examplesOfSource,
  findExamples,
  publishedPackages,
} from './find-examples.ts';
import { installsOf, packagesOf, placeOf, programOf, readmesOf } from './readme-program.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const examples = findExamples(root);
const ofDocstrings = examples.filter((example) => placeOf(example).file.endsWith('.ts'));
const ofReadmes = readmesOf(examples);

useBackend('wasm');

describe('the documentation', () => {
  const docstrings = ofDocstrings.map(moduleOf);
  const readmes = [...ofReadmes].map(([file, all]) => moduleOfReadme(file, all));
  const typeErrors = typeErrorsOf(root, [...docstrings, ...readmes]);

  for (const [index, { place, isRun }] of ofDocstrings.entries()) {
    test(`${place} is well-typed`, () => expect(typeErrors[index]).toEqual([]));
    test.skipIf(!isRun)(`${place} runs`, () => runModule(root, docstrings[index]!));
  }

  for (const [index, [file, all]] of [...ofReadmes].entries()) {
    test(`${file} is well-typed`, () => expect(typeErrors[docstrings.length + index]).toEqual([]));
    const run = all.filter(({ isRun }) => isRun);
    test.skipIf(run.length === 0)(`${file} runs from its first example to its last`, () =>
      runModule(root, moduleOfReadme(file, run)),
    );
  }

  for (const file of ['README.md', ...publishedPackages(root).map((folder) => `packages/${folder}/README.md`)]) {
    const text = readFileSync(join(root, file), 'utf8');

    test(`${file} shows an example, and installs what its examples import`, () => {
      const all = ofReadmes.get(file) ?? [];
      expect(all.length).toBeGreaterThan(0);
      expect(notInstalled(text, all)).toEqual([]);
    });

    test(`${file} says that nothing is released before it installs a package`, () => {
      const said = text.search(/none has been released yet|not released yet/i);
      expect(said).toBeGreaterThan(-1);
      expect(said).toBeLessThan(text.indexOf('npm install @cnnviz'));
    });
  }
});

/**
 * Packages that an example imports and no `npm install` above it names. The first example of a README is complete, so what
 * it imports is in the one line before it.
 */
function notInstalled(text: string, all: readonly Example[]): string[] {
  const installs = installsOf(text);
  return all.flatMap((example, index) => {
    const { line } = placeOf(example);
    const above = installs.filter((install) => install.line < line).slice(index === 0 ? -1 : 0);
    const installed = new Set(above.flatMap(({ packages }) => packages));
    return packagesOf(example)
      .filter((name) => !installed.has(name))
      .map((name) => `${example.place}: ${name}`);
  });
}

describe('a broken example', () => {
  const broken = (code: string) => moduleOf({ place: 'broken.ts:1', code });

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
    expect(option?.[0]).toContain('broken.ts:1: ');
    expect(option?.[0]).toContain("Property 'bounds' is missing");
    expect(module?.[0]).toContain("Cannot find module '@cnnviz/adversary'");
    expect(sound).toEqual([]);
  });

  test('fails where it throws, at once or after an await', async () => {
    await expect(runModule(root, broken("throw new Error('at once');"))).rejects.toThrow('broken.ts:1: Error: at once');
    const later = broken("await Promise.resolve();\nthrow new Error('later');");
    await expect(runModule(root, later)).rejects.toThrow('later');
    const negative =
      "import { fgsm } from '@cnnviz/adversarial';\nfgsm(model, images, labels, { epsilon: -1, bounds: [0, 1] });";
    await expect(runModule(root, broken(negative))).rejects.toThrow('epsilon must be a number >= 0, got -1');
  });
});

describe('a README', () => {
  const readme = (...codes: string[]): Example[] =>
    codes.map((code, index) => ({ place: `README.md:${10 * index + 10}`, code, isRun: true }));
  const typeErrors = (...codes: string[]) => typeErrorsOf(root, [moduleOfReadme('README.md', readme(...codes))])[0]!;

  test('may use names of the examples above, and declare them anew', async () => {
    const sound = ['const a = 1;\nconst b = 2;', 'const c: number = a;\nconst b = "two";', 'b.length + c;'];
    expect(typeErrors(...sound)).toEqual([]);
    await runModule(root, moduleOfReadme('README.md', readme(...sound)));
  });

  test('has no names but those, not even those of the prelude', () => {
    expect(typeErrors('const a = 1;', 'model(labels);')).toEqual([
      "README.md:20: Cannot find name 'model'.",
      "README.md:20: Cannot find name 'labels'.",
    ]);
    expect(typeErrors('a;', 'const a = 1;')[0]).toBe("README.md:10: Cannot find name 'a'.");
  });

  test('says which example fails', async () => {
    const failing = moduleOfReadme('README.md', readme('const a = 1;', 'if (a === 1) throw new Error("one");'));
    await expect(runModule(root, failing)).rejects.toThrow('README.md:20: Error: one');
  });

  test('imports each name once', () => {
    const { imports } = programOf(
      readme(
        "import 'side';\nimport * as tf from 'tf';\nimport { a, b as c } from 'x';",
        "import 'side';\nimport * as tf from 'tf';\nimport { a, type D } from 'x';\nimport type { E } from 'y';",
      ),
    );
    expect(imports.split('\n')).toEqual([
      "import 'side';",
      "import * as tf from 'tf';",
      "import { a } from 'x';",
      "import { b as c } from 'x';",
      "import { type D } from 'x';",
      "import type { E } from 'y';",
    ]);
    expect(() => programOf(readme("import { a } from 'x';", "import { a } from 'y';"))).toThrow(
      'README.md:20: a is imported above as something else',
    );
  });

  test('installs above an example what that imports', () => {
    const text = ['```sh', 'npm install a', 'npm install @scope/b c', '```', '', '```ts', '```'].join('\n');
    const at = (line: number, code: string): Example => ({ place: `README.md:${line}`, code, isRun: true });
    const imports = "import '@scope/b/part';\nimport c from 'c';\nimport { join } from 'node:path';";
    expect(notInstalled(text, [at(6, imports)])).toEqual([]);
    // Not from a line further up, nor from one below.
    expect(notInstalled(text, [at(6, "import 'a';")])).toEqual(['README.md:6: a']);
    expect(notInstalled(text, [at(1, "import 'c';")])).toEqual(['README.md:1: c']);
    // A later example has what was installed before.
    expect(notInstalled(text, [at(6, ''), at(9, "import 'a';\nimport 'd';")])).toEqual(['README.md:9: d']);
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
    expect(given.text).toContain('import { model, images } from');
    expect(moduleOf({ place: 'x', code: 'const model = 1; model;' }).text).not.toContain('{ model');
  });
});
