
// ---- The list: data, filters, charts, and the rows that are in sight ----

// Data stand in blocks: `meta` and `rows` (what the list needs, as JSON), `details` and `patches` (a line of JSON
// for each, read when it is looked at).
const read = (id) => { const block = $(id); const text = block.textContent; block.remove(); return text; };
const lines = (id) => read(id).split("\n").filter((line) => line !== "");

const meta = JSON.parse(read("meta"));
const rows = JSON.parse(read("rows"));
const [SEVERITY, KIND, SCANNER, STATE, TITLE, PLACE, THING, PACKAGE, RULE, CWE, IDS, REPORT] = rows.length ? rows[0].keys() : [];
const SEVERITIES = ["Critical", "High", "Medium", "Low", "Info", "Unknown"];
const STATES = { found: "Found", new: "New", known: "Still there", fixed: "Fixed", gone: "Still leaked" };

// ---- What is asked for ----

const asked = { text: "", severity: "", kind: "", scanner: "", state: "", group: "", sort: "severity", down: true };
const closed = new Set();
let shown = [];   // what the list holds: numbers of rows, and groups
let found = 0;
let active = -1;
let opened = -1;

const tell = {
  severity: (row) => SEVERITIES[row[SEVERITY]],
  kind: (row) => meta.kinds[row[KIND]],
  scanner: (row) => meta.scanners[row[SCANNER]],
  state: (row) => STATES[meta.states[row[STATE]]],
  file: (row) => row[THING] || "no file",
  package: (row) => row[PACKAGE] || "no package",
  rule: (row) => row[RULE] || "no rule",
  cwe: (row) => row[CWE] || "no CWE",
};

const collator = new Intl.Collator("en", { numeric: true });
const keys = {
  severity: (a, b) => a[SEVERITY] - b[SEVERITY] || a[STATE] - b[STATE],
  name: (a, b) => collator.compare(a[TITLE], b[TITLE]),
  place: (a, b) => collator.compare(a[PLACE], b[PLACE]),
  scanner: (a, b) => a[KIND] - b[KIND] || a[SCANNER] - b[SCANNER],
  state: (a, b) => a[STATE] - b[STATE],
};
const orders = new Map();
/** All rows by a key, the first time it is asked for; equal ones in the order of the reports. */
function order(key) {
  if (!orders.has(key)) {
    const all = Array.from(rows.keys());
    orders.set(key, all.sort((a, b) => keys[key](rows[a], rows[b]) || keys.severity(rows[a], rows[b]) || a - b));
  }
  return orders.get(key);
}

let haystacks = null;
function haystack(index) {
  haystacks ??= rows.map((row) =>
    [row[TITLE], row[PLACE], row[PACKAGE], row[RULE], row[IDS], row[CWE], tell.scanner(row)].join("\n").toLowerCase());
  return haystacks[index];
}

/** Works out what the list holds, and shows it. */
function update(keep) {
  const words = asked.text.toLowerCase().split(/\s+/).filter(Boolean);
  const is = (key, row) => {
    if (asked[key] === "") return true;
    return key === "severity" && asked.severity.endsWith("+") ? row[SEVERITY] <= parseInt(asked.severity, 10)
      : String(row[{ severity: SEVERITY, kind: KIND, scanner: SCANNER, state: STATE }[key]]) === asked[key];
  };
  const left = order(asked.sort).filter((index) => {
    const row = rows[index];
    return is("severity", row) && is("kind", row) && is("scanner", row) && is("state", row)
      && (words.length === 0 || words.every((word) => haystack(index).includes(word)));
  });
  if (!asked.down) left.reverse();
  found = left.length;
  shown = asked.group ? grouped(left) : left;
  const at = keep === undefined ? -1 : shown.indexOf(keep);
  active = at >= 0 ? at : shown.length ? 0 : -1;
  const total = rows.length;
  $("count").textContent = found === total ? `${total.toLocaleString("en")} finding${total === 1 ? "" : "s"}`
    : `${found.toLocaleString("en")} of ${total.toLocaleString("en")} findings`;
  $("empty").hidden = found > 0;
  $("grid").setAttribute("aria-rowcount", shown.length + 1);
  $("body").style.height = `${shown.length * height()}px`;
  drawn = "";
  draw();
  mark();
}

/** Groups with their rows, the ones with the worst findings first. */
function grouped(indices) {
  const groups = new Map();
  for (const index of indices) {
    const name = tell[asked.group](rows[index]);
    if (!groups.has(name)) groups.set(name, { name, members: [], counts: [0, 0, 0, 0, 0, 0] });
    const group = groups.get(name);
    group.members.push(index);
    group.counts[rows[index][SEVERITY]] += 1;
  }
  const worse = (a, b) => {
    const at = a.counts.findIndex((count, severity) => count !== b.counts[severity]);
    return at < 0 ? collator.compare(a.name, b.name) : b.counts[at] - a.counts[at];
  };
  return [...groups.values()].sort(worse).flatMap((group) => (closed.has(group.name) ? [group] : [group, ...group.members]));
}

// ---- The list: only what is in sight is in the document ----

const height = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10);
let drawn = "";
function draw(all) {
  const size = height();
  const top = -$("body").getBoundingClientRect().top;
  const first = all ? 0 : Math.max(0, Math.floor(top / size) - 8);
  const last = all ? Math.min(shown.length, 5000) : Math.min(shown.length, Math.ceil((top + innerHeight) / size) + 8);
  const range = `${first}-${last}-${active}`;
  if (range === drawn) return;
  drawn = range;
  const nodes = [];
  for (let at = first; at < last; at += 1) nodes.push(typeof shown[at] === "number" ? item(at) : group(at));
  const view = h("div", { id: "view", role: "presentation" }, nodes);
  view.style.transform = `translateY(${first * size}px)`;
  $("body").replaceChildren(view);
  if (active >= first && active < last) $("grid").setAttribute("aria-activedescendant", `row-${active}`);
  else $("grid").removeAttribute("aria-activedescendant");
}

const badge = (severity) => h("span", { class: `badge ${SEVERITIES[severity].toLowerCase()}` }, SEVERITIES[severity]);
const tag = (state) => h("span", { class: `tag is-${state}` }, STATES[state]);

function item(at) {
  const row = rows[shown[at]];
  const state = meta.states[row[STATE]];
  const cell = (...children) => h("div", { role: "gridcell" }, children);
  const line = (name, ...children) => h("span", { class: `one ${name}` }, children);
  const where = row[PACKAGE] ? [bdi(row[PACKAGE]), " in ", bdi(row[PLACE])] : [bdi(row[PLACE])];
  const wide = (element) => { element.classList.add("wide"); return element; };
  const cells = [
    cell(badge(row[SEVERITY]), meta.compared ? h("span", { class: "alone" }, tag(state)) : null),
    cell(line("title", bdi(row[TITLE])), line("soft",
      meta.compared ? h("span", { class: `beside is-${state}` }, STATES[state], " · ") : null,
      h("span", { class: "narrow" }, where, row[RULE] ? " · " : ""), bdi(row[RULE]))),
    wide(cell(row[PACKAGE] ? [line("", bdi(row[PACKAGE])), line("soft", bdi(row[PLACE]))] : line("", bdi(row[PLACE])))),
    wide(cell(line("", tell.kind(row)), line("soft", bdi(tell.scanner(row))))),
  ];
  if (meta.compared) cells.push(wide(cell(tag(state))));
  return h("div", {
    role: "row", id: `row-${at}`, class: `item${at === active ? " active" : ""}${state === "fixed" ? " is-over" : ""}`,
    "aria-rowindex": at + 2, "aria-selected": at === active ? "true" : "false",
  }, cells);
}

function group(at) {
  const { name, members, counts } = shown[at];
  const numbers = counts.map((count, severity) => (count ? `${count} ${SEVERITIES[severity]}` : "")).filter(Boolean);
  return h("div", {
    role: "row", id: `row-${at}`, class: `item group${at === active ? " active" : ""}`, "aria-rowindex": at + 2,
    "aria-selected": at === active ? "true" : "false",
  }, h("div", { role: "gridcell", "aria-expanded": closed.has(name) ? "false" : "true" },
    h("span", { class: "one" }, h("span", { class: "arrow", "aria-hidden": "true" }, closed.has(name) ? "▸" : "▾"), bdi(name)),
    h("span", { class: "one soft" }, `${members.length} finding${members.length === 1 ? "" : "s"}: ${numbers.join(", ")}`)));
}

function toggle(at) {
  const { name } = shown[at];
  if (!closed.delete(name)) closed.add(name);
  update();
  active = shown.findIndex((entry) => entry.name === name);
  draw();
}

/** Makes an entry the active one, and brings it into sight. */
function move(to) {
  if (shown.length === 0) return;
  active = Math.max(0, Math.min(shown.length - 1, to));
  const size = height();
  const top = $("body").getBoundingClientRect().top + active * size;
  const above = getComputedStyle($("filters")).position === "sticky" ? $("filters").offsetHeight + 8 : 8;
  if (top < above) scrollBy(0, top - above);
  else if (top + size > innerHeight - 8) scrollBy(0, top + size - innerHeight + 8);
  draw();
  if (opened >= 0 && typeof shown[active] === "number") open(shown[active], false);
}

// ---- Charts, which are filters too ----

const count = (test) => rows.reduce((sum, row) => sum + (test(row) ? 1 : 0), 0);
const there = (row) => ["found", "new", "known"].includes(meta.states[row[STATE]]);

/** Parts of a whole, as one bar. */
function stack(parts, whole) {
  let x = 0;
  const rects = parts.filter(([number]) => number > 0).map(([number, name]) => {
    const width = (100 * number) / Math.max(1, whole);
    const rect = svg("rect", { x: `${x}%`, y: 0, width: `${width}%`, height: "100%", class: `fill-${name}` });
    x += width;
    return rect;
  });
  return svg("svg", { "aria-hidden": "true" }, ...rects);
}

function bar(key, value, label, parts, whole) {
  const number = parts.reduce((sum, [part]) => sum + part, 0);
  const button = h("button", { type: "button", class: `bar${number ? "" : " none"}`, "aria-pressed": "false", "data-key": key, "data-value": value },
    h("span", {}, label), stack(parts, whole), h("span", { class: "number" }, number.toLocaleString("en")));
  button.addEventListener("click", () => ask(key, asked[key] === String(value) ? "" : String(value)));
  return button;
}

function charts() {
  const now = rows.filter(there);
  const bySeverity = SEVERITIES.map((_, severity) => now.filter((row) => row[SEVERITY] === severity).length);
  const most = Math.max(1, ...bySeverity);
  $("by-severity").append(...SEVERITIES.map((name, severity) => bar("severity", severity, name, [[bySeverity[severity], name.toLowerCase()]], most)));
  const byKind = meta.kinds.map((_, kind) => {
    const own = now.filter((row) => row[KIND] === kind);
    return SEVERITIES.map((name, severity) => [own.filter((row) => row[SEVERITY] === severity).length, name.toLowerCase()]);
  });
  const total = (parts) => parts.reduce((sum, [number]) => sum + number, 0);
  const widest = Math.max(1, ...byKind.map(total));
  $("by-kind").append(...meta.kinds.map((name, kind) => bar("kind", kind, name, byKind[kind], widest)));
  if (!meta.compared) return;
  const states = meta.states.map((name, state) => [count((row) => row[STATE] === state), name, state])
    .filter(([number, name]) => name !== "found" && (number > 0 || name !== "gone"));
  const buttons = states.map(([number, name, state]) => {
    const button = h("button", { type: "button", "aria-pressed": "false", "data-key": "state", "data-value": state },
      h("b", { class: `is-${name}` }, number.toLocaleString("en")), STATES[name]);
    button.addEventListener("click", () => ask("state", asked.state === String(state) ? "" : String(state)));
    return button;
  });
  $("by-state").append(h("div", { class: "numbers" }, buttons), stack(states, rows.length));
  $("trend").hidden = false;
}

// ---- Filters ----

function ask(key, value) {
  const keep = typeof shown[active] === "number" ? shown[active] : undefined;
  asked[key] = value;
  if (key === "group") closed.clear();
  update(keep);
}

/** Shows what is asked for on every control that says it. */
function mark() {
  for (const key of ["severity", "kind", "scanner", "state", "group", "sort"]) $(key).value = asked[key];
  for (const button of document.querySelectorAll("[data-key]")) {
    button.setAttribute("aria-pressed", String(asked[button.dataset.key] === button.dataset.value));
  }
  for (const head of $("heads").children) {
    const own = head.dataset.sort === asked.sort;
    if (own) head.setAttribute("aria-sort", asked.down ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
    head.querySelector("span").textContent = own ? (asked.down ? " ↓" : " ↑") : "";
  }
}

function controls() {
  const fill = (id, options) => $(id).append(...options.map(([value, label]) => h("option", { value }, label)));
  const used = (names, column) => names.map((name, index) => [index, name]).filter(([index]) => rows.some((row) => row[column] === index));
  fill("severity", [["", "All"], ["1+", "High and above"], ["2+", "Medium and above"], ...SEVERITIES.map((name, index) => [index, name])]);
  fill("kind", [["", "All"], ...used(meta.kinds, KIND)]);
  fill("scanner", [["", "All"], ...used(meta.scanners, SCANNER)]);
  fill("state", [["", "All"], ...used(meta.states, STATE).map(([index, name]) => [index, STATES[name]])]);
  fill("group", [["", "Nothing"], ["file", "File or address"], ["package", "Package"], ["rule", "Rule"], ["cwe", "CWE"], ["severity", "Severity"], ["kind", "Kind"], ["scanner", "Scanner"]]);
  const heads = [["severity", "Severity"], ["name", "Finding"], ["place", "Where"], ["scanner", "Scanner"]];
  if (meta.compared) { heads.push(["state", "State"]); $("state-label").hidden = false; $("grid").classList.add("compared"); }
  fill("sort", heads.map(([key, label]) => [key, label === "Finding" ? "Name" : label]));
  heads.forEach(([key, label], index) => {
    const button = h("button", { type: "button" }, label, h("span", { "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      asked.down = asked.sort === key ? !asked.down : true;
      ask("sort", key);
    });
    $("heads").append(h("div", { role: "columnheader", "data-sort": key, class: index > 1 ? "wide" : null }, button));
  });
  for (const key of ["severity", "kind", "scanner", "state", "group"]) $(key).addEventListener("change", (event) => ask(key, event.target.value));
  $("sort").addEventListener("change", (event) => { asked.down = true; ask("sort", event.target.value); });
  let waiting = 0;
  $("search").addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => ask("text", $("search").value));
  });
  $("reset").addEventListener("click", () => {
    Object.assign(asked, { text: "", severity: "", kind: "", scanner: "", state: "", group: "", sort: "severity", down: true });
    $("search").value = "";
    update();
  });
}
