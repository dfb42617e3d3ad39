export { evolutionChapter } from './evolution-chapter.ts';
export { evolveImages } from './evolve-images.ts';
