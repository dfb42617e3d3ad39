import { expect, it } from 'vitest';
import { handmadeDissection } from '../../test-support/handmade-dissection.ts';
import { dissectionReport } from './dissection-report.ts';

it('says that an IoU may be above 1 where pixels count more than once, and only there', async () => {
  const sentence = 'A pixel that carries a concept more than once counts each time, as in NetDissect';
  const reportOf = (repeatedLabels: 'once' | 'netdissect') =>
    dissectionReport([{ dissection: handmadeDissection([], { repeatedLabels }) }]);
  expect(await reportOf('netdissect')).toContain(sentence);
  expect(await reportOf('once')).not.toContain(sentence);
});
