// Packs the published packages, as currently built, into the given folder.
import { resolve } from 'node:path';
import { packAll } from './consumers/pack.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('no folder given; run pnpm tarballs FOLDER');
for (const tarball of Object.values(await packAll(resolve(folder)))) console.log(tarball);
