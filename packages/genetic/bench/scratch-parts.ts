import { chooseBackend, lenet } from '@cnnviz/example-support';
import * as tf from '@tensorflow/tfjs-core';
import { classArchive, cppnEncoding, directEncoding, MapElites } from '../src/index.ts';

const cpu = () => {
  const u = process.cpuUsage();
  return (u.user + u.system) / 1000;
};
await chooseBackend({ argv: ['--backend', process.argv[2] ?? 'wasm'] });
const net = lenet({ seed: 0 });
const shape = [28, 28, 1] as const;
const min = (a: number[]) => Math.min(...a).toFixed(1),
  med = (a: number[]) => a.toSorted((x, y) => x - y)[a.length >> 1]!.toFixed(1);
for (const [name, encoding] of [
  ['direct', directEncoding({ shape })],
  ['cppn', cppnEncoding({ shape })],
] as const) {
  const search = new MapElites({ encoding: encoding as any, archive: classArchive({ classes: 10 }), seed: 0 });
  const t: Record<string, number[]> = { ask: [], render: [], forward: [], tell: [] };
  for (let g = 0; g < +(process.argv[3] ?? 60); g++) {
    const a = cpu();
    const genomes = search.ask();
    const b = cpu();
    const images = (encoding as any).render(genomes);
    const c = cpu();
    const out = tf.tidy(() => tf.softmax(net.apply(images) as any));
    const values = await out.data();
    tf.dispose([images, out]);
    const d = cpu();
    search.tell(values as Float32Array);
    const e = cpu();
    t.ask!.push(b - a);
    t.render!.push(c - b);
    t.forward!.push(d - c);
    t.tell!.push(e - d);
  }
  for (const k in t) t[k] = t[k]!.slice(-120);
  const nodes = name === 'cppn' ? search.elites.map((e: any) => e.genome.nodes.length).join(',') : '';
  console.log(
    name,
    Object.entries(t)
      .map(([k, v]) => `${k} min ${min(v)} med ${med(v)}`)
      .join(' | '),
    nodes,
  );
}
