import { logger, parse, View, Warn } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/** Colors that can be told apart on white and on black, also by the color-blind; text in the page's own color. */
const THEME: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    domainColor: 'currentColor',
    tickColor: 'currentColor',
    gridColor: 'currentColor',
    gridOpacity: 0.15,
    labelFontSize: 13,
    titleFontSize: 13,
    titleFontWeight: 'normal',
  },
  header: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 13, titleFontSize: 13 },
  legend: {
    labelColor: 'currentColor',
    titleColor: 'currentColor',
    titleFontWeight: 'normal',
    labelFontSize: 13,
    labelLimit: 0,
    orient: 'top',
    title: null,
    symbolStrokeWidth: 2,
  },
  title: { color: 'currentColor', fontSize: 14, anchor: 'start' },
  view: { stroke: null },
  range: { category: ['#2e86c8', '#d9701e', '#2f9e6e', '#b05fa8'] },
};

/**
 * Draws a Vega-Lite chart as SVG, without a browser or a canvas.
 *
 * @param spec Data inline (`values`): a chart that would fetch something is an error, so that a page needs no network.
 * @returns `<svg>…</svg>`, its text escaped, its lines and letters in `currentColor`.
 * @throws Error if the specification names a URL.
 */
export async function chartSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile(spec, { config: THEME });
  const complaints: string[] = [];
  const complain = (_method: string, _level: string, words: Iterable<unknown>) => {
    complaints.push([...words].map(String).join(' '));
  };
  // Vega swallows what a loader throws, so the refusal is remembered here.
  const refuse = async (uri: string) => {
    complaints.push(`a chart must hold its data, got ${uri}`);
    return { href: '' };
  };
  const refuseText = async (uri: string) => (await refuse(uri)).href;
  const view = new View(parse(compiled), {
    renderer: 'none',
    loader: { load: refuseText, http: refuseText, file: refuseText, sanitize: refuse },
    logger: logger(Warn, undefined, complain),
  });
  try {
    const svg = await view.toSVG();
    if (complaints.length > 0) throw new Error(`@cnnviz/example-support: chartSvg: ${complaints.join('; ')}`);
    return svg;
  } finally {
    view.finalize();
  }
}
