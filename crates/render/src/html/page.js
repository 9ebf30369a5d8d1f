
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
