
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
  const button = (label, name, act) => {
    const made = h("button", { type: "button", "aria-label": name, title: name }, label);
    made.addEventListener("click", act);
    return made;
  };
  const heading = h("h2", { tabindex: "-1", id: "panel-title" }, bdi(row[TITLE]));
  $("panel").replaceChildren(
    h("div", { class: "tools" },
      h("div", { class: "tags" }, badge(row[SEVERITY]), meta.compared ? tag(state) : null,
        h("span", { class: "tag" }, tell.kind(row)), h("span", { class: "tag" }, bdi(tell.scanner(row)))),
      button("↑", "Previous finding", () => step(-1)), button("↓", "Next finding", () => step(1)), button("✕", "Close", close)),
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
  const mending = patchesFor(row[REPORT], string(get("id")));
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
