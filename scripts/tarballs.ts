// Packs the published packages as they are built now, into the folder that is named.
import { resolve } from 'node:path';
import { packAll } from './consumers/pack.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder for the tarballs: pnpm tarballs FOLDER');
for (const tarball of Object.values(await packAll(resolve(folder)))) console.log(tarball);
