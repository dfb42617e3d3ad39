/**
 * What makes a report's lists of units sortable and searchable. Without it they are sorted by IoU, and say nothing of what
 * does not work.
 */
export const reportScript = `
'use strict';
const collator = new Intl.Collator(undefined, { numeric: true });

function valueOf(row, column, isNumber) {
  const { value } = row.cells[column].dataset;
  if (value === '') return null;
  return isNumber ? Number(value) : value;
}

function sortBy(table, header) {
  const isNumber = header.dataset.sort === 'number';
  const current = header.getAttribute('aria-sort');
  const isDescending = current === null ? isNumber && header.cellIndex > 0 : current === 'ascending';
  for (const each of table.tHead.rows[0].cells) each.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending');
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, value: valueOf(row, header.cellIndex, isNumber) }));
  rows.sort((a, b) => {
    // What has no value comes last both ways.
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    const order = isNumber ? a.value - b.value : collator.compare(a.value, b.value);
    return isDescending ? -order : order;
  });
  table.tBodies[0].append(...rows.map(({ row }) => row));
}

for (const table of document.querySelectorAll('table.units')) {
  for (const header of table.querySelectorAll('th[data-sort]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = header.textContent;
    button.addEventListener('click', () => sortBy(table, header));
    header.replaceChildren(button);
  }
}

for (const form of document.querySelectorAll('form.filter')) {
  const rows = [...document.getElementById(form.dataset.table).tBodies[0].rows];
  const { text, category, detectors } = form.elements;
  const filter = () => {
    const wanted = text.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits =
        row.dataset.concept.toLocaleLowerCase().includes(wanted) &&
        (category.value === '' || row.dataset.category === category.value) &&
        (!detectors.checked || 'detector' in row.dataset);
      row.hidden = !fits;
      if (fits) shown++;
    }
    form.querySelector('output').textContent = shown === rows.length ? shown + ' units' : shown + ' of ' + rows.length + ' units';
  };
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  // What the browser filled in again after a reload.
  filter();
}
`;
