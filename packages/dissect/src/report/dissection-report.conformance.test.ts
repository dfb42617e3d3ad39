import { conformance, describeOnBackends } from '@cnnviz/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Concept, ConceptData } from '../data/concepts.ts';
import type { DissectedUnit, Dissection } from '../dissection/dissection.ts';
import type { DissectionStatistics } from '../statistics/dissection-statistics.ts';
import { type DissectionReportOptions, dissectionReport } from './dissection-report.ts';

const script = '<script>window.hacked = true</script>';
const image = `"'><img src=x onerror="window.hacked = true">`;

const concepts: Concept[] = [
  { number: 1, name: script, category: '__proto__' },
  { number: 2, name: '__proto__', category: `a'b"` },
  { number: 7, name: 'constructor', category: '__proto__' },
];

/** Two images of 16 x 12 pixels, labels of 8 x 6. */
const data: ConceptData = {
  concepts,
  categories: ['__proto__', `a'b"`, 'unused'],
  imageSize: [16, 12],
  labelSize: [8, 6],
  count: 2,
  read: async (index) => ({
    name: `${script} ${index}`,
    pixels: new Uint8Array(16 * 12 * 3).fill(200 * index),
    height: 16,
    width: 12,
    maps: [],
    imageLabels: [],
  }),
};

function unit(index: number, concept: number | null, iou: number, threshold: number): DissectedUnit {
  const match =
    concept === null ? null : { concept: concepts[concept]!, truth: 9, activation: 9, intersection: 3, iou };
  const isDetector = iou > 0.04;
  const topImages = [1, 0].map((image) => ({
    image,
    row: 1,
    column: 1,
    activation: 9 + image,
    mask: [9, 6, 2, 6, 25],
  }));
  return { unit: index, best: match, isDetector, byCategory: match === null ? [] : [match], threshold, topImages };
}

const dissection: Dissection = {
  layer: `</style>${script}`,
  images: 2,
  quantile: 0.995,
  rankError: 0,
  iouLimit: 0.04,
  repeatedLabels: 'once',
  mapSize: [4, 3],
  labelSize: [8, 6],
  concepts,
  categories: [...data.categories],
  units: [unit(0, 0, 0.2, -1), unit(1, 1, 0.3, 1234.5678), unit(2, 2, 0.03, 0.5), unit(3, null, 0, 12)],
  imageCounts: [],
  chance: null,
};

const statistics: DissectionStatistics = {
  layer: dissection.layer,
  resamples: 1000,
  level: 0.95,
  permutations: 99,
  falseDiscoveryRate: 0.05,
  dependence: 'positive',
  detectors: 2,
  aboveChance: 1,
  units: dissection.units.map(({ unit, best, isDetector }) => ({
    unit,
    concept: best?.concept ?? null,
    iou: best?.iou ?? 0,
    isDetector,
    interval: best === null ? null : [best.iou - 0.01, best.iou + 0.02],
    chance: { mean: 0.01, upper: 0.025, p: 0.01 },
    adjustedP: unit === 1 ? 0.04 : 0.5,
    isAboveChance: unit === 1,
  })),
};

// It computes on the host, alike on every backend.
describeOnBackends(['cpu'], () => {
  conformance({
    name: 'dissectionReport',
    inputs: () => ({ dissections: [{ dissection, statistics }] }),
    options: { concepts: data } as DissectionReportOptions,
    run: async ({ dissections }, options) => new TextEncoder().encode(await dissectionReport(dissections, options)),
    badOptions: [
      [{ title: 3 }, /title must be a text, got 3/],
      [{ intro: 'text' }, /intro must be a list of texts, got "text"/],
      [{ imagesPerUnit: -1 }, /imagesPerUnit must be an integer >= 0, got -1/],
      [{ pictureSize: 0 }, /pictureSize must be an integer >= 1 and <= 4096, got 0/],
      [{ concepts: 'broden' }, /concepts must be densely labeled data, got "broden"/],
      [{ concepts: { ...data, count: 3 } }, /concepts are 3 images with labels of 8 x 6, the dissection of .* has 2/],
    ],
    badInputs: [
      [() => ({ dissections: [] }), /dissections must be at least one, got \[\]/],
      [() => ({ dissections: [dissection] as never }), /dissections must be a list of { dissection }/],
      [
        () => ({ dissections: [{ dissection: withTopImage({ image: 2 }) }] as never }),
        /the top images of unit 0 must be an integer >= 0 and <= 1, got 2/,
      ],
      [
        () => ({ dissections: [{ dissection: withTopImage({ image: '0{}</style>' }) }] as never }),
        /the top images of unit 0 must be an integer/,
      ],
      [
        () => ({ dissections: [{ dissection: withTopImage({ mask: [1e9] }) }] as never }),
        /the mask of unit 0 on image 1 must be runs of 48 pixels, got \[1000000000\]/,
      ],
    ],
    abortable: true,
  });
});

function withTopImage(change: object): object {
  const [first, ...rest] = dissection.units;
  const topImages = first!.topImages.map((top) => ({ ...top, ...change }));
  return { ...dissection, units: [{ ...first, topImages }, ...rest] };
}

let page: string;
beforeAll(async () => {
  page = await dissectionReport([{ dissection, statistics, network: image }], {
    title: script,
    intro: [image],
    concepts: data,
  });
});

describe('the page', () => {
  it('has its own script only, and no text that is not escaped', () => {
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/style/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;script&gt;window.hacked = true&lt;/script&gt;');
    expect(page).not.toContain('onerror="');
  });

  it('holds each picture once', () => {
    expect(page.match(/data:image\/jpeg/g)).toHaveLength(2);
    expect(page.match(/<svg/g)).toHaveLength(8);
  });

  it('has no pictures without data, and says nothing of statistics that there are not', async () => {
    const bare = await dissectionReport([{ dissection }]);
    expect(bare).not.toMatch(/<svg|data:image|Top images|Chance|Interval|Adjusted/);
    expect(await dissectionReport([{ dissection }], { concepts: data, imagesPerUnit: 0 })).toBe(bare);
  });
});

describe.runIf(typeof document !== 'undefined')('the page in a browser (runs in one only)', () => {
  let shown: Document;
  let frame: HTMLIFrameElement;
  beforeAll(async () => {
    frame = document.createElement('iframe');
    frame.width = '360';
    frame.height = '700';
    frame.srcdoc = page;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    shown = frame.contentDocument!;
    return () => frame.remove();
  });

  const unitsShown = (from: Document = shown) =>
    Array.from(from.querySelectorAll<HTMLElement>('.units tbody tr'))
      .filter((row) => !row.hidden)
      .map((row) => Number(row.querySelector('th')!.textContent));
  const headerOf = (name: string) =>
    Array.from(shown.querySelectorAll<HTMLElement>('.units thead th')).find(({ textContent }) => textContent === name)!;
  const sortBy = (name: string) => {
    headerOf(name).querySelector('button')!.click();
    return [unitsShown(), headerOf(name).getAttribute('aria-sort')];
  };

  it('shows names as they are, and runs nothing of them', () => {
    expect((frame.contentWindow as Window & { hacked?: boolean }).hacked).toBeUndefined();
    expect(shown.title).toBe(script);
    expect(shown.querySelector('h2')!.textContent).toBe(`${image} · </style>${script}`);
    const names = Array.from(shown.querySelectorAll<HTMLElement>('.units tbody tr'), ({ dataset }) => dataset.concept);
    expect(names).toEqual(['__proto__', script, 'constructor', '']);
    expect(shown.querySelector('svg title')!.textContent).toBe(`${script} 1, activation 10`);
    expect(shown.querySelectorAll('script')).toHaveLength(1);
    expect(shown.querySelectorAll('img')).toHaveLength(0);
  });

  it('needs no network', () => {
    for (const element of shown.querySelectorAll('[src], [href]')) {
      expect(element.getAttribute('src') ?? element.getAttribute('href')).toMatch(/^(#|data:)/);
    }
    for (const [, url] of page.matchAll(/url\(([^)]*)/g)) expect(url).toMatch(/^data:/);
    expect(
      frame.contentWindow!.performance.getEntriesByType('resource').filter(({ name }) => !/^data:/.test(name)),
    ).toEqual([]);
  });

  it('reads without its script: sorted by IoU, and without what does not work', () => {
    const parsed = new DOMParser().parseFromString(page, 'text/html');
    expect(unitsShown(parsed)).toEqual([1, 0, 2, 3]);
    expect(parsed.querySelector('th[aria-sort]')!.textContent).toBe('IoU');
    expect(parsed.querySelector<HTMLElement>('form')!.hidden).toBe(true);
    expect(parsed.querySelectorAll('button')).toHaveLength(0);
    const cells = Array.from(
      parsed.querySelectorAll('.units tbody tr:first-child > *'),
      ({ textContent }) => textContent,
    );
    expect(cells.slice(0, 9)).toEqual([
      '1',
      '__proto__',
      `a'b"`,
      '0.300',
      '0.290 to 0.320',
      '0.01095 % below 0.025',
      '0.040above chance',
      '1235',
      cells[8],
    ]);
    const bars = Array.from(parsed.querySelectorAll('.bars li'), (bar) => bar.textContent!.replaceAll(/\s+/g, ' '));
    expect(bars).toEqual(['__proto__ 1 distinct1', `a'b" 1 distinct1`, `${script} __proto__1`, `__proto__ a'b"1`]);
  });

  it('sorts by each column both ways, and says so', () => {
    expect(sortBy('Unit')).toEqual([[0, 1, 2, 3], 'ascending']);
    expect(sortBy('Unit')).toEqual([[3, 2, 1, 0], 'descending']);
    expect(sortBy('IoU')).toEqual([[1, 0, 2, 3], 'descending']);
    expect(sortBy('IoU')).toEqual([[3, 2, 0, 1], 'ascending']);
    expect(sortBy('Threshold')).toEqual([[1, 3, 2, 0], 'descending']);
    expect(shown.querySelectorAll('[aria-sort]')).toHaveLength(1);
    // A unit without a concept comes last both ways.
    const [rising] = sortBy('Concept') as [number[]];
    expect(rising.at(-1)).toBe(3);
    const [falling] = sortBy('Concept') as [number[]];
    expect(falling).toEqual([...rising.slice(0, 3).reverse(), 3]);
  });

  it('can be sorted with the keyboard', () => {
    const button = headerOf('Interval').querySelector('button')!;
    button.focus();
    expect(shown.activeElement).toBe(button);
    expect(button.tabIndex).toBe(0);
    expect(headerOf('Top images').querySelector('button')).toBeNull();
  });

  it('filters by concept, category and detectors together', () => {
    const form = shown.querySelector('form')!;
    const { text, category, detectors } = form.elements as unknown as Record<string, HTMLInputElement>;
    const change = (input: HTMLInputElement, value: string | boolean) => {
      if (typeof value === 'boolean') input.checked = value;
      else input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      return [unitsShown().sort(), form.querySelector('output')!.textContent];
    };
    expect(form.hidden).toBe(false);
    expect(Array.from(category!.querySelectorAll('option'), ({ value }) => value)).toEqual(['', '__proto__', `a'b"`]);
    expect(change(category!, '__proto__')).toEqual([[0, 2], '2 of 4 units']);
    expect(change(detectors!, true)).toEqual([[0], '1 of 4 units']);
    expect(change(detectors!, false)).toEqual([[0, 2], '2 of 4 units']);
    expect(change(text!, 'CONST')).toEqual([[2], '1 of 4 units']);
    expect(change(text!, '')).toEqual([[0, 2], '2 of 4 units']);
    expect(change(category!, '')).toEqual([[0, 1, 2, 3], '4 units']);
  });

  it('draws pictures, and masks on them', async () => {
    const tile = shown.querySelector<SVGElement>('#layer-0-unit-1 svg')!;
    const [, url] = frame.contentWindow!.getComputedStyle(tile).backgroundImage.match(/^url\("(.*)"\)$/)!;
    const picture = new Image();
    picture.src = url!;
    await picture.decode();
    expect([picture.naturalWidth, picture.naturalHeight]).toEqual([12, 16]);
    const path = tile.querySelector('path')!;
    const { x, y, width, height } = path.getBBox();
    // The path goes around everything too, so that what is outside the mask is dimmed.
    expect([x, y, width, height]).toEqual([-9, -9, 30, 34]);
    const [, , ...inner] = path.getAttribute('d')!.split('M');
    expect(inner.length).toBeGreaterThan(0);
  });

  it('fits a narrow screen', () => {
    expect(shown.documentElement.scrollWidth).toBeLessThanOrEqual(360);
  });
});
