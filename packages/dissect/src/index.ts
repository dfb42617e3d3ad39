// Weights

// Activations
export { type ActivationGridOptions, activationGrid } from './activation-grid.ts';
export { type FilterGridOptions, filterGrid } from './filter-grid.ts';
