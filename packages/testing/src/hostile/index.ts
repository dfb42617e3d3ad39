export { describeHostileCalls } from './describe-hostile-calls.ts';
export type { ValidCall } from './run-hostile-call.ts';
