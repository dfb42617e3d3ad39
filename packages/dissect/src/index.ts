// Filters
export { type FilterGridOptions, filterGrid } from './filter-grid.ts';
