/**
 * Draws <figure class="chart" data-chart="line|bars"> from the table inside it. The table is the
 * truth: it is there without script, for readers of screens, and for print. Each column after the
 * first is a series; its <th> may say data-axis="right", data-dash, data-fill, data-currency="EUR"
 * and data-digits; each row begins with <time datetime> or text; cells may carry data-value. Two
 * columns with data-band="high" and data-band="low" shade what lies between them: a forecast.
 */
import uPlot from "uplot";

interface Column {
  readonly name: string;
  readonly axis: "y" | "right";
  readonly dash: boolean;
  readonly fill: boolean;
  readonly band: string | undefined;
  readonly show: (value: number | null | undefined) => string;
}

interface Table {
  readonly xs: number[];
  readonly dated: boolean;
  readonly labels: readonly string[];
  readonly columns: readonly Column[];
  readonly values: (number | null)[][];
}

const HEIGHT = 260;
const NARROW = 480;
const DAY = 86_400;

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) start(figure);
document.addEventListener("htmx:after:swap", () => {
  const fresh = document.querySelectorAll<HTMLElement>("figure[data-chart]:not([data-drawn])");
  for (const figure of fresh) start(figure);
});

/** Draw the figure, and again when its width or the page's colours change. */
function start(figure: HTMLElement): void {
  const plot = figure.querySelector<HTMLElement>(".chart-plot");
  const source = figure.querySelector("table");
  if (!plot || !source) return;
  figure.dataset["drawn"] = "";
  const table = readTable(source);
  if (!table.xs.length) return;
  const legend = makeLegend(table);
  plot.before(legend.element);
  plot.setAttribute("aria-hidden", "true");
  let chart: uPlot | undefined;
  const redraw = (): void => {
    chart?.destroy();
    chart = new uPlot(options(figure, table, plot.clientWidth, legend.tell),
      [table.xs, ...table.values] as uPlot.AlignedData, plot);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (plot.clientWidth === width || !plot.clientWidth) return;
    width = plot.clientWidth;
    redraw();
  }).observe(plot);
  new MutationObserver(redraw)
    .observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}

function readTable(source: HTMLTableElement): Table {
  const rows = [...source.tBodies].flatMap((body) => [...body.rows]);
  const times = rows.map((row) => row.cells[0]?.querySelector("time")?.dateTime);
  const dated = times.every(Boolean);
  const heads = [...(source.tHead?.rows[0]?.cells ?? [])].slice(1);
  return {
    dated,
    xs: dated ? times.map((time) => Date.parse(time ?? "") / 1000) : rows.map((_, at) => at),
    labels: rows.map((row) => row.cells[0]?.textContent?.trim() ?? ""),
    columns: heads.map(readColumn),
    values: heads.map((_, at) => rows.map((row) => readCell(row.cells[at + 1]))),
  };
}

function readColumn(head: HTMLElement): Column {
  const { axis, dash, fill, band, currency, digits } = head.dataset;
  const places = digits ? { maximumFractionDigits: Number(digits) } : {};
  const style = currency ? { style: "currency", currency } as const : {};
  const format = new Intl.NumberFormat(locale(), { ...style, ...places });
  return {
    name: head.textContent?.trim() ?? "",
    axis: axis === "right" ? "right" : "y",
    dash: dash !== undefined,
    fill: fill !== undefined,
    band,
    show: (value) => (value === null || value === undefined ? "–" : format.format(value)),
  };
}

function readCell(cell: HTMLElement | undefined): number | null {
  const written = cell?.dataset["value"] ?? cell?.textContent?.trim() ?? "";
  const value = Number(written);
  return written === "" || Number.isNaN(value) ? null : value;
}

function options(
  figure: HTMLElement, table: Table, width: number, tell: (at: number | null) => void,
): uPlot.Options {
  const css = getComputedStyle(figure);
  const colour = (name: string): string => css.getPropertyValue(name).trim();
  const font = `12px ${css.fontFamily}`;
  const line = { stroke: colour("--al-chart-grid"), width: 1 };
  const base = { font, stroke: colour("--al-chart-text"), ticks: { show: false }, gap: 8 };
  const amounts = (axis: string): uPlot.Axis[] => {
    const column = table.columns.find((each) => each.axis === axis);
    if (!column) return [];
    const right = axis === "right";
    return [{
      ...base, scale: axis, side: right ? 1 : 3, size: 64,
      grid: right ? { show: false } : line,
      values: (_, splits) => splits.map((split) => column.show(split)),
    }];
  };
  return {
    width,
    height: width < NARROW ? HEIGHT * 0.8 : HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, move: toRow },
    scales: { x: { time: table.dated, ...room(figure, table) }, y: { range: fromZero }, right: { range: fromZero } },
    axes: [
      { ...base, grid: { show: false }, space: 72, values: (_, splits) => ticks(table, splits) },
      ...amounts("y"), ...amounts("right"),
    ],
    series: [{}, ...table.columns.map((column, at) => series(column, at, colour, figure))],
    bands: bands(table, colour),
    hooks: { setCursor: [(chart) => tell(chart.cursor.idx ?? null)] },
  };
}

function series(
  column: Column, at: number, colour: (name: string) => string, figure: HTMLElement,
): uPlot.Series {
  const stroke = colour(`--al-chart-${at + 1}`);
  const bars = figure.dataset["chart"] === "bars" && !column.band;
  const beside = figure.querySelectorAll("thead th:not([data-band])").length > 2;
  const fill = bars ? stroke : column.fill ? colour(`--al-chart-${at + 1}-fill`) : undefined;
  return {
    label: column.name,
    scale: column.axis,
    stroke,
    width: column.band ? 0 : 2,
    points: { show: false },
    ...(fill ? { fill } : {}),
    ...(column.dash ? { dash: [6, 5] } : {}),
    ...(bars ? { paths: barsOf(beside ? at : null) } : {}),
  };
}

/** Bars in the middle of their place, or two series side by side in it. */
function barsOf(at: number | null): uPlot.Series.PathBuilder {
  const align = at === null ? 0 : at % 2 ? 1 : -1;
  return uPlot.paths.bars!({ size: [align ? 0.35 : 0.6, 40], radius: 0.15, align });
}

/** Bars need half a place more at both ends, or the outer ones are cut. */
function room(figure: HTMLElement, { xs, dated }: Table): Pick<uPlot.Scale, "range"> {
  if (figure.dataset["chart"] !== "bars") return {};
  const half = ((xs[1] ?? NaN) - (xs[0] ?? NaN) || (dated ? DAY : 1)) / 2;
  return { range: (_, low, high) => [low - half, high + half] };
}

function bands(table: Table, colour: (name: string) => string): uPlot.Band[] {
  const [high, low] = ["high", "low"].map(
    (band) => table.columns.findIndex((column) => column.band === band) + 1);
  return high && low ? [{ series: [high, low], fill: colour(`--al-chart-${high}-fill`) }] : [];
}

/** The pointer moves from row to row, since between two rows nothing is known. */
function toRow(chart: uPlot, left: number, top: number): [number, number] {
  const x = chart.data[0][chart.posToIdx(left)];
  return [left < 0 || x === undefined ? left : chart.valToPos(x, "x"), top];
}

/** An axis that does not begin at zero tells a taller story than its figures. */
function fromZero(_: uPlot, low: number, high: number): uPlot.Range.MinMax {
  const top = Math.max(high ?? 0, 0);
  const bottom = Math.min(low ?? 0, 0);
  return top === bottom ? [0, 1] : [bottom * 1.08, top * 1.08];
}

function ticks(table: Table, splits: readonly number[]): string[] {
  if (!table.dated) return splits.map((split) => table.labels[split] ?? "");
  const days = new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric", timeZone: "UTC" });
  return splits.map((split) => days.format(split * 1000));
}

/** Names and colours at rest; the figures of the row under the pointer while there is one. */
function makeLegend(table: Table): { element: HTMLElement; tell: (at: number | null) => void } {
  const element = document.createElement("div");
  element.className = "chart-legend";
  element.setAttribute("aria-hidden", "true");
  const when = document.createElement("span");
  when.className = "chart-when";
  const amounts = table.columns.map((column, at) => {
    const item = document.createElement("span");
    item.className = `chart-key chart-key-${at + 1}`;
    item.toggleAttribute("data-dash", column.dash);
    const amount = document.createElement("strong");
    item.append(column.name, " ", amount);
    element.append(item);
    return amount;
  });
  element.append(when);
  const tell = (at: number | null): void => {
    when.textContent = at === null ? "" : table.labels[at] ?? "";
    for (const [column, amount] of amounts.entries()) {
      const value = at === null ? "" : table.columns[column]?.show(table.values[column]?.[at]);
      amount.textContent = value ?? "";
    }
  };
  return { element, tell };
}

function locale(): string {
  return document.documentElement.lang || "en";
}
