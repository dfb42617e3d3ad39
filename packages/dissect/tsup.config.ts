import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.ts';

// quickselect is an ES module whose default export the CommonJS build would not find.
export default defineConfig({ ...library, noExternal: [...(library.noExternal ?? []), 'quickselect'] });
