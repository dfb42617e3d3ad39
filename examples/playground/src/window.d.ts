interface Window {
  /** What the page tells its tests. */
  playground: {
    /** Of the worker. */
    memory(): Promise<{ numTensors: number; numBytes: number }>;
  };
}
