import { html, raw } from 'hono/html';
import type { Chapter, ChartFigure, Fact, Figure, PictureCell, PictureFigure, TableFigure } from './chapter.ts';
import { chartSvg } from './chart.ts';
import { STYLE } from './style.ts';

export interface Report {
  title: string;
  /** Paragraphs of plain text, in which `[words](https://…)` are links. */
  intro: readonly string[];
  facts?: readonly Fact[];
  chapters: readonly Chapter[];
}

/**
 * A report as one HTML page that needs nothing else: pictures as data URIs, charts as SVG, style inline, no script.
 *
 * @throws RangeError if two chapters or two pictures have the same name, or a name is not made of letters, digits and hyphens.
 */
export async function renderReport({ title, intro, facts = [], chapters }: Report): Promise<string> {
  checkNames(
    'chapter',
    chapters.map(({ id }) => id),
  );
  checkNames('picture', chapters.flatMap(pictureNames));
  const bodies = await Promise.all(chapters.map(renderChapter));
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the chapters</a>
<header>
<h1>${title}</h1>
${paragraphs(intro)}
${factList(facts)}
<nav aria-label="Chapters"><ol>${chapters.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
</header>
<main id="content" tabindex="-1">
${bodies}
</main>
</body>
</html>
`;
  return page.toString();
}

type Markup = ReturnType<typeof html>;

async function renderChapter({ id, title, intro, facts = [], figures }: Chapter): Promise<Markup> {
  const rendered = await Promise.all(figures.map(renderFigure));
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${paragraphs(intro)}
${factList(facts)}
${rendered}
</section>
`;
}

async function renderFigure(figure: Figure): Promise<Markup> {
  switch (figure.kind) {
    case 'pictures':
      return renderPictures(figure);
    case 'chart':
      return renderChart(figure);
    case 'table':
      return renderTable(figure);
  }
}

function renderPictures({ caption, rows }: PictureFigure): Markup {
  return html`<figure class="pictures">
${rows.map(
  ({ heading, cells }) => html`${heading === undefined ? '' : html`<h3>${heading}</h3>`}
<div class="row" style="--columns: ${columnsOf(rows)}">${cells.map(renderCell)}</div>
`,
)}
<figcaption>${withLinks(caption)}</figcaption>
</figure>
`;
}

function columnsOf(rows: PictureFigure['rows']): number {
  return Math.max(...rows.map(({ cells }) => cells.length));
}

function renderCell({ picture, label, note }: PictureCell): Markup {
  const { png, width, height, alt } = picture;
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return html`<div class="cell">
<img src="${source}" width="${width}" height="${height}" alt="${alt}">
${label === undefined ? '' : html`<span class="label">${label}</span>`}
${note === undefined ? '' : html`<span class="note">${note}</span>`}
</div>`;
}

async function renderChart({ caption, alt, spec }: ChartFigure): Promise<Markup> {
  const svg = await chartSvg(spec);
  return html`<figure class="chart">
<div role="img" aria-label="${alt}">${raw(svg)}</div>
<figcaption>${withLinks(caption)}</figcaption>
</figure>
`;
}

function renderTable({ caption, columns, rows }: TableFigure): Markup {
  return html`<figure class="table" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([heading, ...cells]) => html`<tr><th scope="row">${heading}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}
</tbody>
</table>
</figure>
`;
}

function paragraphs(texts: readonly string[]): Markup[] {
  return texts.map((text) => html`<p>${withLinks(text)}</p>\n`);
}

/** A text in which `[words](https://…)` are links; everything else is escaped. */
function withLinks(text: string): (Markup | string)[] {
  // Of each three parts, the first is text, the second words and the third an address.
  const parts = text.split(/\[([^\]]+)\]\((https:\/\/[^\s)]+)\)/);
  return parts.flatMap((part, index): (Markup | string)[] => {
    if (index % 3 === 0) return [part];
    return index % 3 === 1 ? [html`<a href="${parts[index + 1]!}">${part}</a>`] : [];
  });
}

function factList(facts: readonly Fact[]): Markup | '' {
  if (facts.length === 0) return '';
  return html`<dl>${facts.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function pictureNames({ figures }: Chapter): string[] {
  return figures.flatMap((figure) =>
    figure.kind === 'pictures' ? figure.rows.flatMap(({ cells }) => cells.map(({ picture }) => picture.name)) : [],
  );
}

function checkNames(what: 'chapter' | 'picture', names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/i.test(name)) {
      throw new RangeError(
        `@cnnviz/example-support: renderReport: the name of a ${what} must be letters, digits and hyphens, got ${JSON.stringify(name)}`,
      );
    }
    if (seen.has(name)) {
      throw new RangeError(
        `@cnnviz/example-support: renderReport: the names of ${what}s must differ, got ${name} twice`,
      );
    }
    seen.add(name);
  }
}
