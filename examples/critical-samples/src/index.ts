export * from './experiment.ts';
export { criticalSamplesChapter } from './report.ts';
