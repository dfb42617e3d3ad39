export { oneMax } from './one-max.ts';
export { runChapter } from './run-chapter.ts';
