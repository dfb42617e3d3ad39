// One comparison on one backend, in a process of its own, so that the memory it takes is its own. main.ts starts it.

import { chooseBackend } from '@cnnviz/example-support';
import { comparisons } from './comparisons.ts';
import type { Row } from './row.ts';

/** What main.ts is told. */
export type Message = { row: Row } | { skipped: string; reason: string };

const { comparison, backend, ...setting } = JSON.parse(process.argv[2]!) as {
  comparison: string;
  backend: string;
  rounds: number;
  exchange: string;
  data?: string;
  quick: boolean;
};
const tell = (message: Message) => process.send!(message);
await chooseBackend({ argv: ['--backend', backend], print: () => {} });
await comparisons[comparison]!.run({
  ...setting,
  data: setting.data,
  backend,
  emit: (row) => tell({ row }),
  skip: (skipped, reason) => tell({ skipped, reason }),
});
process.disconnect();
