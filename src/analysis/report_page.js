"use strict";
// Draws every figure from the JSON beside it; a figure that cannot be drawn says so in its place. Before
// printing, figures take the width of the paper.
for (const place of document.querySelectorAll("[data-figure]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displaylogo: false, displayModeBar: window.innerWidth < 640 ? false : "hover", modeBarButtonsToRemove: ["select2d", "lasso2d"]})
    .catch((error) => { place.textContent = "This figure could not be drawn: " + error; });
}
window.addEventListener("beforeprint", () => {
  for (const place of document.querySelectorAll("[data-figure]")) Plotly.Plots.resize(place);
});

// Long tables (of genes, of mutants). The page holds their first rows as HTML, for paper and for readers without
// scripts; all rows lie beside them as JSON, to be searched, sorted by a click on a heading, and shown some at a time.
const SHOWN_AT_ONCE = 50;

function smallNumber(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e6) return value.toExponential(2).replace("+", "");
  return value.toFixed(size < 0.1 ? 4 : size < 10 ? 3 : 1);
}

function probability(value) {
  if (value === 0) return "<1e-300";
  return value < 0.001 ? value.toExponential(1) : value.toFixed(3);
}

const FORMATS = {
  count: (value) => value.toLocaleString("en"),
  small: smallNumber,
  probability,
};

function numberNode(text) {
  const [digits, exponent] = text.split("e");
  const span = document.createElement("span");
  span.textContent = exponent === undefined ? digits : digits + " × 10";
  if (exponent !== undefined) {
    const raised = document.createElement("sup");
    raised.textContent = exponent.replace("-", "−");
    span.append(raised);
  }
  return span;
}

function cellOf(value, kind) {
  const cell = document.createElement("td");
  if (kind === "tags") {
    cell.className = "text";
    for (const name of value) {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = name;
      cell.append(tag, " ");
    }
  } else if (kind in FORMATS) {
    if (value === null) cell.textContent = "–";
    else cell.append(numberNode(FORMATS[kind](value)));
  } else {
    cell.className = kind === "id" ? "text faint" : "text";
    cell.textContent = value;
  }
  return cell;
}

class DataTable {
  constructor(place) {
    const data = JSON.parse(document.getElementById(place.dataset.table).textContent);
    this.noun = place.dataset.rows;
    this.columns = data.columns;
    this.rows = data.rows;
    this.texts = data.rows.map((row) =>
      row.filter((_, i) => !(this.columns[i] in FORMATS)).flat().join(" ").toLowerCase());
    this.body = place.querySelector("tbody");
    this.sorted = 0;
    this.descending = false;
    this.limit = SHOWN_AT_ONCE;
    this.addFinder(place);
    this.headings = [...place.querySelectorAll("th")];
    this.headings.forEach((heading, i) => this.makeSortable(heading, i));
    this.show();
  }

  addFinder(place) {
    const finder = document.createElement("div");
    finder.className = "finder";
    const label = document.createElement("label");
    label.textContent = place.dataset.find + " ";
    this.input = document.createElement("input");
    this.input.type = "search";
    this.input.addEventListener("input", () => { this.limit = SHOWN_AT_ONCE; this.show(); });
    label.append(this.input);
    this.tally = document.createElement("span");
    this.tally.setAttribute("role", "status");
    finder.append(label, this.tally);
    place.prepend(finder);
    this.more = document.createElement("button");
    this.more.className = "more";
    this.more.addEventListener("click", () => { this.limit *= 4; this.show(); });
    place.append(this.more);
  }

  makeSortable(heading, column) {
    const button = document.createElement("button");
    button.textContent = heading.textContent;
    button.addEventListener("click", () => {
      this.descending = this.sorted === column ? !this.descending : false;
      this.sorted = column;
      this.show();
    });
    heading.replaceChildren(button);
  }

  matching() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.rows.filter((_, i) => words.every((word) => this.texts[i].includes(word)));
    const sign = this.descending ? -1 : 1;
    const key = (row) => (Array.isArray(row[this.sorted]) ? row[this.sorted].join(" ") : row[this.sorted]);
    return found.sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      const empty = (value) => value === null || value === "";
      if (empty(x) || empty(y)) return empty(x) - empty(y);  // last, whichever way is sorted
      return sign * (typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true }));
    });
  }

  show() {
    this.headings.forEach((heading, i) => {
      if (i === this.sorted) heading.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    const rows = this.matching();
    const shown = rows.slice(0, this.limit);
    this.body.replaceChildren(...shown.map((row) => {
      const line = document.createElement("tr");
      line.append(...row.map((value, i) => cellOf(value, this.columns[i])));
      return line;
    }));
    this.tally.textContent = `${rows.length.toLocaleString("en")} of ${this.rows.length.toLocaleString("en")} ${this.noun}`;
    this.more.hidden = shown.length === rows.length;
    this.more.textContent = `Show more of the ${rows.length.toLocaleString("en")}`;
  }
}

for (const place of document.querySelectorAll("[data-table]")) new DataTable(place);
