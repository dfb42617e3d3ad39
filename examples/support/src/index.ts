export * from './backends/choose-backend.ts';
export { workspaceRoot } from './backends/installed.ts';
export * from './datasets/index.ts';
export * from './html-report/chapter.ts';
export * from './html-report/chart.ts';
export { type Report, renderReport } from './html-report/render-report.ts';
export * from './html-report/write-report.ts';
export * from './models/index.ts';
export * from './progress-bar.ts';
