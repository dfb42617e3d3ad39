import { readFileSync } from 'node:fs';
import { Converter, ReflectionKind } from 'typedoc';

const { files: entryPoints } = JSON.parse(readFileSync(new URL('tsconfig.api.json', import.meta.url), 'utf8'));

/** Calls a module by the name that it is imported by: `dissect/src` is `@cnnviz/dissect`. */
function nameModules({ converter }) {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module)) reflection.name = `@cnnviz/${reflection.name.replace(/\/src$/, '')}`;
  });
}

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'cnnviz',
  tsconfig: 'tsconfig.api.json',
  entryPoints,
  basePath: 'packages',
  // `pnpm typecheck` has found them before.
  skipErrorChecking: true,
  readme: 'none',
  out: 'docs/api',
  disableGit: true,
  sourceLinkTemplate: 'https://github.com/cnnviz/cnnviz/blob/main/packages/{path}#L{line}',
  plugin: [nameModules],
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  packagesRequiringDocumentation: [...entryPoints.map((file) => `@cnnviz/${file.split('/')[1]}`), '@cnnviz/internal'],
  // The name of an interface says whose options or result it is; its properties have descriptions where they need one.
  intentionallyNotDocumented: [
    // TensorFlow.js has them, and says what they are.
    '@cnnviz/regularizers.EarlyStoppingCallback.onTrainBegin',
    '@cnnviz/regularizers.EarlyStoppingCallback.onEpochEnd',
    '@cnnviz/regularizers.EarlyStoppingCallback.onTrainEnd',
    '@cnnviz/regularizers.StoppableModel.getWeights',
    '@cnnviz/regularizers.StoppableModel.setWeights',
    '@cnnviz/dissect.LayerTopology.getClassName',
    '@cnnviz/dissect.LayerTopology.getConfig',
    // Their parameters and the interface say it.
    '@cnnviz/actmax.ViewTransform.look',
    '@cnnviz/regularizers.RandomizationTestOptions.createModel.__type.__type.dispose',
  ],
  requiredToBeDocumented: ['Function', 'Class', 'TypeAlias', 'Variable', 'Enum'],
};
