"use strict";
// The page of `scanlift render`: nodes.js, list.js, details.js and page.js, one behind the other, are its only script.
// Every string of a report is untrusted: it becomes text of a node, never markup, and what cannot be seen in it
// is shown.

const $ = (id) => document.getElementById(id);

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
