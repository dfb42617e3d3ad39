/** A Vega-Lite chart with its data inside; any front end that draws Vega-Lite draws it. Plain JSON. */
export interface ChartSpecification {
  $schema: string;
  data: { values: Record<string, unknown>[] };
  [property: string]: unknown;
}

export const vegaLite = 'https://vega.github.io/schema/vega-lite/v5.json';
