export type { Bounds, Classifier, Generator, LongWork, Probe } from '@cnnviz/internal';
