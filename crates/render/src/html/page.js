"use strict";
// The page of `scanlift render`. Every string of a report is untrusted: it becomes text of a node, never markup,
// and what cannot be seen in it is shown. Data stand in three blocks: `rows` (what the list needs, as JSON),
// `details` and `patches` (a line of JSON for each, read when it is looked at).

const $ = (id) => document.getElementById(id);
const read = (id) => { const block = $(id); const text = block.textContent; block.remove(); return text; };
const lines = (id) => read(id).split("\n").filter((line) => line !== "");

const meta = JSON.parse(read("meta"));
const rows = JSON.parse(read("rows"));
const [SEVERITY, KIND, SCANNER, STATE, TITLE, PLACE, THING, PACKAGE, RULE, CWE, IDS] = rows.length ? rows[0].keys() : [];
const SEVERITIES = ["Critical", "High", "Medium", "Low", "Info", "Unknown"];
const STATES = { found: "Found", new: "New", known: "Still there", fixed: "Fixed", gone: "Still leaked" };

// ---- Nodes ----

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

/** Text as nodes: characters that cannot be seen are shown by their numbers. */
function text(value) {
  const string = String(value ?? "");
  if (!HIDDEN.test(string)) return [document.createTextNode(string)];
  const nodes = [];
  let plain = "";
  for (const char of string) {
    if (!HIDDEN.test(char)) { plain += char; continue; }
    if (char === "\r") continue;
    const code = "U+" + char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const shown = document.createElement("span");
    shown.className = "hidden-char";
    shown.title = "a character that cannot be seen";
    shown.textContent = code;
    nodes.push(document.createTextNode(plain), shown);
    plain = "";
  }
  nodes.push(document.createTextNode(plain));
  return nodes;
}

/** An element; strings among its children are text. Attributes are the page's own, never a report's. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined) element.append(...text(child));
  }
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Text of a report, kept apart from what stands around it whatever its direction. */
const bdi = (value, attributes) => h("bdi", attributes, String(value ?? ""));

/** A link if the address is one of the web and wholly visible, else the address as text. */
function link(url, label) {
  const address = String(url ?? "").trim();
  if (!/^https?:\/\/[!-~]+$/.test(address)) {
    return h("span", {}, bdi(label && label !== address ? `${label} (${address})` : address));
  }
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", title: address }, bdi(label || address));
}

const list = (value) => (Array.isArray(value) ? value : []);
const object = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});
const string = (value) => (typeof value === "string" ? value : value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

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
  const view = h("div", { id: "window", role: "presentation" }, nodes);
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
    role: "row", id: `row-${at}`, class: `item${at === active ? " active" : ""}${state === "fixed" || state === "gone" ? " gone" : ""}`,
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

// ---- Details ----

let detailLines = null;
let patches = null;

/** Everything that a report says of a finding; what an earlier one says just so stands there. */
function detail(index) {
  detailLines ??= lines("details");
  const parse = (at) => object(JSON.parse(detailLines[at] ?? "{}"));
  const { v, same } = parse(index);
  const all = new Map(Object.entries(object(v)));
  for (const [key, at] of Object.entries(object(same))) all.set(key, object(parse(at).v)[key]);
  return (key) => all.get(key);
}

/** The patches for the finding of that id in that report. */
function patchesFor(report, id) {
  if (patches === null) {
    patches = new Map();
    for (const line of lines("patches")) {
      const { report: number, patch } = JSON.parse(line);
      for (const fix of list(object(patch).fixes)) {
        const key = `${number} ${string(object(fix).id)}`;
        patches.set(key, [...(patches.get(key) ?? []), patch]);
      }
    }
  }
  return patches.get(`${report} ${id}`) ?? [];
}

function open(index, focus) {
  opened = index;
  const row = rows[index];
  const get = detail(index);
  const state = meta.states[row[STATE]];
  const button = (label, name, act, more) => {
    const made = h("button", { type: "button", "aria-label": name, title: name, class: more }, label);
    made.addEventListener("click", act);
    return made;
  };
  const heading = h("h2", { tabindex: "-1", id: "panel-title" }, bdi(row[TITLE]));
  $("panel").replaceChildren(
    h("div", { class: "tools" }, badge(row[SEVERITY]), meta.compared ? tag(state) : null,
      h("span", { class: "tag" }, tell.kind(row)), h("span", { class: "tag" }, bdi(tell.scanner(row))),
      button("↑", "Previous finding", () => step(-1), "push"), button("↓", "Next finding", () => step(1)), button("✕", "Close", close)),
    heading,
    h("p", { class: "place" }, row[PACKAGE] ? [bdi(row[PACKAGE]), " in "] : [], h("code", {}, bdi(row[PLACE]))),
    ...sections(get, row));
  $("panel").hidden = false;
  $("panel").scrollTop = 0;
  $("work").classList.add("open");
  cover();
  if (focus) heading.focus({ preventScroll: true });
}

function step(by) {
  for (let to = active + by; to >= 0 && to < shown.length; to += by) {
    if (typeof shown[to] === "number") { move(to); $("panel-title").focus({ preventScroll: true }); return; }
  }
}

function close() {
  if (opened < 0) return;
  opened = -1;
  $("panel").hidden = true;
  $("work").classList.remove("open");
  cover();
  draw();
  $("grid").focus({ preventScroll: true });
}

/** On narrow screens the details cover everything else. */
function cover() {
  const covered = opened >= 0 && matchMedia("(max-width: 1000px)").matches;
  for (const id of ["top", "overview", "filters", "listing"]) $(id).inert = covered;
  document.documentElement.style.overflow = covered ? "hidden" : "";
}

const section = (name, ...children) => {
  const content = children.flat(Infinity).filter(Boolean);
  return content.length ? [h("h3", {}, name), ...content] : [];
};

function sections(get, row) {
  const place = object(get("location"));
  const start = Number.isInteger(place.start_line) ? place.start_line : null;
  const flags = list(get("flags")).map((flag) => h("p", { class: "warn" }, h("strong", {}, "Likely a false positive"), ", says ",
    bdi(string(object(flag).origin)), ": ", bdi(string(object(flag).description))));
  const code = string(get("raw_source_code_extract"));
  const entries = Object.entries(object(get("details"))).map(([, value]) => object(value));
  const flows = entries.filter((entry) => entry.type === "code-flows");
  const others = entries.filter((entry) => entry.type !== "code-flows");
  const mending = patchesFor(row.at(-1), string(get("id")));
  return [
    ...flags,
    ...section("Description", markdown(string(get("description")))),
    ...section("Solution", markdown(string(get("solution")))),
    ...mending.flatMap((patch) => section("Patch", h("p", {}, bdi(string(object(patch).summary))), diff(string(object(patch).diff)))),
    ...section("Code", code ? listingOf(code, start) : null),
    ...flows.flatMap((entry) => section(string(entry.name) || "Code flow", value(entry))),
    ...evidence(object(get("evidence"))),
    ...section("More", others.length ? named(others.map((entry) => [string(entry.name), value(entry)])) : null),
    ...section("Identifiers", identifiers(list(get("identifiers")))),
    ...section("Links", links(list(get("links")))),
    ...section("CVSS", vectors(list(get("cvss_vectors")))),
    ...section("Location", facts(place)),
  ];
}

const named = (pairs) => h("dl", {}, pairs.flatMap(([name, content]) => [h("dt", {}, bdi(name)), h("dd", {}, content)]));

function identifiers(all) {
  const items = all.map(object).map(({ name, url, value: own }) => h("li", {}, url ? link(url, string(name) || string(own)) : bdi(string(name) || string(own))));
  return items.length ? h("ul", { class: "chips" }, items) : null;
}

function links(all) {
  const items = all.map(object).map(({ name, url }) => h("li", {}, link(url, string(name))));
  return items.length ? h("ul", {}, items) : null;
}

function vectors(all) {
  return all.length ? named(all.map(object).map(({ vendor, vector }) => [string(vendor) || "CVSS", h("code", {}, bdi(string(vector)))])) : null;
}

/** Fields of a location that are not said elsewhere. */
function facts(place) {
  const pairs = [];
  const walk = (fields, before) => {
    for (const [key, own] of Object.entries(fields)) {
      const name = before ? `${before} ${key}` : key.replaceAll("_", " ");
      if (own && typeof own === "object" && !Array.isArray(own)) walk(own, name);
      else if (string(own) !== "") pairs.push([name, bdi(string(own))]);
    }
  };
  walk(place, "");
  return pairs.length ? named(pairs) : null;
}

const pre = (content) => h("pre", { tabindex: "0" }, h("code", {}, bdi(content)));

/** Code with the numbers of its lines, if they are known. */
function listingOf(code, start) {
  const numbered = code.replace(/\n$/, "").split("\n").map((line, at) => h("span", { class: "line" },
    start === null ? null : h("span", { class: "no", "aria-hidden": "true" }, start + at), bdi(line)));
  return h("pre", { tabindex: "0", "aria-label": "Code" }, h("code", {}, numbered));
}

/** A patch that is written in base64. */
function diff(base64) {
  let patch;
  try {
    patch = new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    return h("p", {}, "The patch cannot be read.");
  }
  const kind = (line) => (/^(diff |index |--- |\+\+\+ |new file|deleted file)/.test(line) ? "meta"
    : { "@": "hunk", "+": "add", "-": "del" }[line[0]] ?? "");
  const shownLines = patch.replace(/\n$/, "").split("\n").map((line) => h("span", { class: `line ${kind(line)}` }, bdi(line)));
  return h("pre", { class: "diff", tabindex: "0", "aria-label": "Patch" }, h("code", {}, shownLines));
}

function evidence(proof) {
  const message = ({ request, response }) => [
    request ? [h("h4", {}, "Request"), pre(exchange([`${string(request.method)} ${string(request.url)}`], request))] : [],
    response ? [h("h4", {}, "Response"), pre(exchange([`${string(response.status_code)} ${string(response.reason_phrase)}`], response))] : [],
  ].flat();
  const source = object(proof.source);
  return section("Evidence",
    proof.summary ? h("p", {}, bdi(string(proof.summary))) : null,
    source.name ? h("p", {}, "Seen by ", source.url ? link(source.url, string(source.name)) : bdi(string(source.name))) : null,
    message(proof),
    list(proof.supporting_messages).map(object).flatMap((other) => [h("h4", {}, "For comparison: ", bdi(string(other.name))), ...message(other)]));
}

function exchange(first, { headers, body }) {
  const named = list(headers).map(object).map((header) => `${string(header.name)}: ${string(header.value)}`);
  return [...first, ...named, ...(string(body) ? ["", string(body)] : [])].join("\n");
}

/** A typed value of `details`, by GitLab's schema. */
function value(entry) {
  switch (entry.type) {
    case "text": case "value": return bdi(string(entry.value));
    case "url": return link(entry.href, string(entry.text));
    case "code": return pre(string(entry.value));
    case "markdown": return h("div", {}, markdown(string(entry.value)));
    case "commit": return h("code", {}, bdi(string(entry.value)));
    case "diff": return h("div", {}, h("h4", {}, "Before"), pre(string(entry.before)), h("h4", {}, "After"), pre(string(entry.after)));
    case "file-location": return h("code", {}, bdi(spot(entry)));
    case "module-location": return h("code", {}, bdi(`${string(entry.module_name)} + ${string(entry.offset)}`));
    case "list": return h("ul", {}, list(entry.items).map((one) => h("li", {}, value(object(one)))));
    case "named-list": return named(Object.values(object(entry.items)).map(object).map((one) => [string(one.name), value(one)]));
    case "table": return h("table", {},
      list(entry.header).length ? h("thead", {}, h("tr", {}, list(entry.header).map((one) => h("th", { scope: "col" }, value(object(one)))))) : null,
      h("tbody", {}, list(entry.rows).map((cells) => h("tr", {}, list(cells).map((one) => h("td", {}, value(object(one))))))));
    case "code-flows": return h("div", {}, list(entry.items).map((flow) => h("ol", { class: "flow" }, list(flow).map(object).map((node) =>
      h("li", {}, h("code", {}, bdi(spot(object(node.file_location)))), " ", h("span", { class: "tag" }, bdi(string(node.node_type))))))));
    default: return pre(JSON.stringify(entry, null, 1));
  }
}

const spot = ({ file_name: file, line_start: from, line_end: to }) =>
  string(file) + (from ? `:${string(from)}` : "") + (to && to !== from ? `-${string(to)}` : "");

// ---- Markdown: as much of it as scanners use; HTML in it is text ----

function markdown(source) {
  const nodes = [];
  const all = source.replace(/\r\n?/g, "\n").split("\n");
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) nodes.push(h("p", {}, paragraph.flatMap((line, at) => (at ? [h("br"), ...inline(line)] : inline(line)))));
    paragraph = [];
  };
  for (let at = 0; at < all.length; at += 1) {
    const line = all[at];
    const fence = /^\s{0,3}(```+|~~~+)/.exec(line);
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    const bullet = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/.exec(line);
    if (fence) {
      flush();
      const code = [];
      for (at += 1; at < all.length && !all[at].trim().startsWith(fence[1]); at += 1) code.push(all[at]);
      nodes.push(pre(code.join("\n")));
    } else if (heading) {
      flush();
      nodes.push(h("h4", {}, inline(heading[1])));
    } else if (bullet) {
      flush();
      const tag = bullet[1] ? "OL" : "UL";
      if (nodes.at(-1)?.tagName !== tag) nodes.push(h(tag));
      nodes.at(-1).append(h("li", {}, inline(bullet[2])));
    } else if (line.trim() === "") {
      flush();
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return nodes;
}

const INLINE = /(`+)([^`]|[^`].*?[^`])\1(?!`)|\*\*(.+?)\*\*|\[([^\]]*)\]\(([^()\s]*)\)|<?(https?:\/\/[!-;=?-~]+[\w/])>?/g;
function inline(source) {
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(INLINE)) {
    if (match.index > end) nodes.push(bdi(source.slice(end, match.index)));
    const [whole, , code, strong, label, url, bare] = match;
    if (code !== undefined) nodes.push(h("code", {}, bdi(code)));
    else if (strong !== undefined) nodes.push(h("strong", {}, bdi(strong)));
    else if (url !== undefined) nodes.push(link(url, label));
    else nodes.push(link(bare));
    end = match.index + whole.length;
  }
  if (end < source.length) nodes.push(bdi(source.slice(end)));
  return nodes;
}

// ---- Keys, mouse, theme, print ----

function listen() {
  $("body").addEventListener("click", (event) => {
    const row = event.target.closest("[role=row]");
    if (!row) return;
    active = Number(row.id.slice(4));
    if (typeof shown[active] === "number") open(shown[active], true);
    else toggle(active);
    draw();
  });
  $("grid").addEventListener("keydown", (event) => {
    if (event.target !== $("grid")) return;
    const page = Math.max(1, Math.floor(innerHeight / height()) - 3);
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: shown.length - 1 }[event.key];
    const entry = shown[active];
    if (to !== undefined) move(to);
    else if ((event.key === "Enter" || event.key === " ") && typeof entry === "number") open(entry, true);
    else if (event.key === "Enter" || event.key === " ") { if (entry) toggle(active); }
    else if (event.key === "ArrowLeft" && entry?.name !== undefined && !closed.has(entry.name)) toggle(active);
    else if (event.key === "ArrowRight" && entry?.name !== undefined && closed.has(entry.name)) toggle(active);
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === $("search") && $("search").value !== "") { $("search").value = ""; ask("text", ""); }
    else if (event.key === "Escape" && opened >= 0) close();
    else if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey) $("search").focus();
    else if (event.key === "ArrowDown" && event.target === $("search")) $("grid").focus({ preventScroll: true });
    else return;
    event.preventDefault();
  });
  addEventListener("scroll", () => draw(), { passive: true });
  addEventListener("resize", () => { $("body").style.height = `${shown.length * height()}px`; drawn = ""; draw(); cover(); });
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => { drawn = ""; draw(); });
}

function theme() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // A sandbox may forbid to keep anything.
  const kept = (act) => { try { return act(); } catch { return null; } };
  const say = () => {
    const is = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    $("theme").textContent = is ? "☀ Light" : "☾ Dark";
    $("theme").setAttribute("aria-label", is ? "Switch to light mode" : "Switch to dark mode");
    return is;
  };
  const before = kept(() => localStorage.getItem("scanlift-theme"));
  if (before === "dark" || before === "light") root.dataset.theme = before;
  $("theme").addEventListener("click", () => {
    root.dataset.theme = say() ? "light" : "dark";
    kept(() => localStorage.setItem("scanlift-theme", root.dataset.theme));
    say();
  });
  dark.addEventListener("change", say);
  $("theme").hidden = false;
  say();
}

for (const id of ["overview", "filters", "work"]) $(id).hidden = false;
theme();
charts();
controls();
listen();
update();
