import { writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.ts';
import { threadWorker } from './src/thread-worker.generated.ts';

export default defineConfig({
  ...library,
  // For pages whose policy lets no worker start from a blob.
  onSuccess: () => writeFile('dist/thread-worker.js', threadWorker),
});
