// What runs in a browser as it does in Node.
export { chartSvg } from './html-report/chart.ts';
