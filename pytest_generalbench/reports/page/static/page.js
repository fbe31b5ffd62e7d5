"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PER_PAGE = 20;
  const UNREAD = ["unparsable", "refused"];
  const runs = JSON.parse(document.getElementById("facts").textContent).runs;
  const loaded = new Map();
  const waiting = new Map();

  const element = (name, attributes, ...content) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...content.filter((item) => item !== null && item !== undefined));
    return made;
  };
  const drawn = (name, attributes, ...content) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  };
  const number = (value) => (value === null || value === undefined ? "-" : String(+value.toPrecision(4)));

  // ---- the data of a task ----
  const keep = (content) => {
    loaded.set(content.task, content);
    (waiting.get(content.task) || []).forEach((done) => done(content));
    waiting.delete(content.task);
  };
  window.generalbenchTask = keep;
  const ofTask = (name, file) =>
    new Promise((done, failed) => {
      if (loaded.has(name)) return done(loaded.get(name));
      const inside = document.querySelector(`script[data-task="${CSS.escape(file)}"]`);
      if (inside) {
        keep(JSON.parse(inside.textContent));
        return done(loaded.get(name));
      }
      waiting.set(name, [...(waiting.get(name) || []), done]);
      const script = element("script", { src: file });
      script.addEventListener("error", () => failed(new Error(`${file} is not there: keep index.html and the folder data together`)));
      document.head.append(script);
    });

  // ---- sections ----
  const sections = [...document.querySelectorAll("main > section")];
  const open = (name) => {
    sections.forEach((one) => one.classList.toggle("open", one.id === name));
    document.querySelectorAll("nav a").forEach((link) => {
      const here = link.getAttribute("href") === `#${name}` || (name === "task" && link.getAttribute("href") === "#tasks");
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  };
  const route = () => {
    const [name, ...rest] = decodeURIComponent(location.hash.slice(1) || "level").split("=");
    const given = rest.join("=");
    if (name === "task") return openTask(given);
    if (name === "tasks" && given) {
      const [side, skill] = given.split("|");
      pick("side", side);
      pick("skill", skill || "");
      filterTasks();
    }
    open(sections.some((one) => one.id === name) ? name : "level");
    window.scrollTo(0, 0);
  };

  // ---- the table of tasks ----
  const table = document.getElementById("task-table");
  const rows = [...table.tBodies[0].rows];
  const picks = ["side", "state", "skill", "win"];
  const pick = (name, value) => { document.getElementById(`pick-${name}`).value = value; };
  const search = document.getElementById("task-search");
  const filterTasks = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = Object.fromEntries(picks.map((name) => [name, document.getElementById(`pick-${name}`).value]));
    let count = 0;
    rows.forEach((row) => {
      const fits = picks.every((name) => !chosen[name] || row.dataset[name] === chosen[name] || (name === "win" && chosen.win === "near" && "near" in row.dataset));
      const text = row.textContent.toLowerCase();
      row.hidden = !(fits && words.every((word) => text.includes(word)));
      count += row.hidden ? 0 : 1;
    });
    document.getElementById("shown-tasks").textContent = `${count} of ${rows.length} tasks`;
  };
  const valueOf = (row, place) => {
    const cell = row.cells[place];
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    return cell.classList.contains("number") ? null : cell.textContent;
  };
  const sortTasks = (place, head) => {
    const up = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && place === 0);
    table.querySelectorAll("thead th").forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const sign = up ? 1 : -1;
    rows.sort((one, other) => {
      const [first, second] = [valueOf(one, place), valueOf(other, place)];
      if (first === null || second === null) return (first === null) - (second === null); // without a value: last
      return sign * (typeof first === "number" && typeof second === "number" ? first - second : String(first).localeCompare(String(second)));
    });
    table.tBodies[0].append(...rows);
  };

  // ---- how questions and answers are shown ----
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const shorts = (text) => new Int16Array(bytes(text).buffer);
  const unsigned = (text) => new Uint16Array(bytes(text).buffer);

  const strip = (shown, size) => {
    const image = drawn("image", { href: shown.src, x: 0, y: 0, width: size[0] * shown.frames, height: size[1], preserveAspectRatio: "none" });
    return { node: image, show: (frame) => image.setAttribute("x", -size[0] * Math.min(frame, shown.frames - 1)) };
  };
  const marks = (shown, kind, size) => {
    const group = drawn("g", {});
    const thick = Math.max(size[0], size[1]) / 220;
    const show = (frame) => {
      const boxes = shown.boxes[Math.min(frame, shown.boxes.length - 1)] || [];
      const points = (shown.points || [])[Math.min(frame, (shown.points || []).length - 1)] || [];
      group.replaceChildren(
        ...boxes.flatMap(([x, y, width, height, label, score]) => {
          const made = [drawn("rect", { x, y, width, height, class: `mark-${kind}`, "stroke-width": thick })];
          if (label !== null || score !== null) {
            const text = [label, score === null ? null : number(score)].filter((item) => item !== null).join(" ");
            made.push(drawn("text", { x, y: Math.max(y - thick, thick * 8), class: "mark-text", "font-size": thick * 8, "stroke-width": thick * 1.4 }, text));
          }
          return made;
        }),
        ...points.map(([cx, cy]) => drawn("circle", { cx, cy, r: thick * 1.4, class: `dot-${kind}` })),
      );
    };
    return { node: group, show };
  };
  const extent = (shown) => {
    const all = shown.boxes.flat();
    const ends = [...all.map(([x, y, w, h]) => [x + w, y + h]), ...(shown.points || []).flat()];
    return [Math.max(10, ...ends.map(([x]) => x)) * 1.05, Math.max(10, ...ends.map(([, y]) => y)) * 1.05];
  };
  // A picture, or a video as a strip of frames, with layers and marks over it.
  const flat = (base, overlays, caption) => {
    const size = base ? base.size : overlays.find((one) => one.shown.size)?.shown.size || extent(overlays[0].shown);
    const frames = Math.max(1, base ? base.frames : 1, ...overlays.map(({ shown }) => shown.frames || shown.boxes?.length || 1));
    const view = drawn("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": caption });
    const parts = [];
    if (base) parts.push(strip(base, size));
    const boxes = [];
    overlays.forEach(({ shown, kind, name }) => {
      const part = shown.kind === "layer" ? strip(shown, size) : marks(shown, kind, size);
      parts.push(part);
      const box = element("input", { type: "checkbox", checked: true, onchange: () => part.node.setAttribute("visibility", box.checked ? "visible" : "hidden") });
      boxes.push(element("label", {}, box, ` ${name}`));
    });
    view.append(...parts.map((part) => part.node));
    const show = (frame) => parts.forEach((part) => part.show(frame));
    view.style.maxWidth = `${Math.max(160, size[0] * 4)}px`;
    show(0);
    const controls = element("div", { class: "controls" }, ...boxes);
    if (frames > 1) controls.append(...player(frames, base?.seconds || frames / 8, show));
    return element("div", { class: "figure" }, view, controls);
  };
  const player = (frames, seconds, show) => {
    let timer = null;
    const slider = element("input", { type: "range", min: 0, max: frames - 1, value: 0, "aria-label": "frame", oninput: () => show(Number(slider.value)) });
    const step = () => {
      slider.value = (Number(slider.value) + 1) % frames;
      show(Number(slider.value));
      if (!slider.isConnected) { clearInterval(timer); timer = null; }
    };
    const button = element("button", { type: "button", onclick: () => {
      if (timer) { clearInterval(timer); timer = null; } else timer = setInterval(step, Math.max(40, (1000 * seconds) / frames));
      button.textContent = timer ? "pause" : "play";
    } }, "play");
    return [button, slider];
  };
  const sound = (shown, caption) => {
    const path = shown.peaks.map(([low, high], place) => `M${place} ${50 - high / 2}h.8v${Math.max(0.6, (high - low) / 2)}h-.8z`).join("");
    const wave = drawn("svg", { viewBox: `0 0 ${shown.peaks.length} 100`, preserveAspectRatio: "none", role: "img", "aria-label": `waveform of ${caption}, ${shown.seconds} s`, class: "wave-view" }, drawn("path", { d: path, class: "wave" }));
    return element("div", { class: "figure" }, wave, element("audio", { controls: true, preload: "none", src: shown.src, "aria-label": caption }));
  };
  const notes = (shown, caption) => {
    const ends = shown.notes.map(([start, length]) => start + length);
    const pitches = shown.notes.map((note) => note[2]);
    const [low, high] = [Math.min(...pitches, 60) - 1, Math.max(...pitches, 60) + 1];
    const view = drawn("svg", { viewBox: `0 0 ${Math.max(1, ...ends)} ${high - low + 1}`, preserveAspectRatio: "none", role: "img", "aria-label": `${shown.count} notes, ${caption}`, class: "roll-view" });
    view.append(...shown.notes.map(([start, length, pitch]) => drawn("rect", { x: start, y: high - pitch, width: Math.max(length, 0.05), height: 0.8, class: "roll" })));
    return element("div", { class: "figure" }, view, element("p", { class: "note" }, `${shown.count} notes, ${shown.seconds} s`));
  };
  // Points, lines and triangles in space, turned by dragging or with the arrow keys.
  const space = (shown, caption) => {
    const points = shorts(shown.points);
    const canvas = element("canvas", { width: 480, height: 360, tabindex: 0, role: "img", "aria-label": `${caption}; drag or use the arrow keys to turn it` });
    const context = canvas.getContext("2d");
    const colours = shown.colours ? bytes(shown.colours) : null;
    const faces = shown.faces ? unsigned(shown.faces) : null;
    const edges = shown.edges ? unsigned(shown.edges) : null;
    const joints = shown.joints || 0;
    const state = { turn: 0.6, tilt: 0.35, frame: 0 };
    const ink = getComputedStyle(document.body).color;
    const draw = () => {
      const [first, count] = joints ? [state.frame * joints, joints] : [0, points.length / 3];
      const [sine, cosine, up, level] = [Math.sin(state.turn), Math.cos(state.turn), Math.sin(state.tilt), Math.cos(state.tilt)];
      const seen = new Float32Array(count * 3);
      for (let place = 0; place < count; place++) {
        const [x, y, z] = [points[3 * (first + place)], points[3 * (first + place) + 1], points[3 * (first + place) + 2]];
        const [right, away] = [cosine * x + sine * z, cosine * z - sine * x];
        seen[3 * place] = 240 + right / 205;
        seen[3 * place + 1] = 180 - (level * y - up * away) / 205;
        seen[3 * place + 2] = level * away + up * y;
      }
      context.clearRect(0, 0, 480, 360);
      if (faces) triangles(context, seen, faces);
      else if (edges) lines(context, seen, edges, ink);
      if (!faces && !(edges && count > 600)) dots(context, seen, colours, ink, joints ? 5 : Math.max(1.8, Math.min(5, 70 / Math.sqrt(count))));
    };
    const turned = (right, down) => { state.turn += right; state.tilt = Math.max(-1.5, Math.min(1.5, state.tilt + down)); draw(); };
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => { if (event.buttons) turned(event.movementX / 90, event.movementY / 90); });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] }[event.key];
      if (step) { turned(...step); event.preventDefault(); }
    });
    draw();
    const controls = element("div", { class: "controls" });
    if (joints) controls.append(...player(shown.frames, shown.frames / 20, (frame) => { state.frame = frame; draw(); }));
    if (shown.note) controls.append(element("span", {}, shown.note));
    return element("div", { class: "figure" }, canvas, controls);
  };
  const dots = (context, seen, colours, ink, size) => {
    const order = [...Array(seen.length / 3).keys()].sort((one, other) => seen[3 * one + 2] - seen[3 * other + 2]);
    order.forEach((place) => {
      context.fillStyle = colours ? `rgb(${colours[3 * place]},${colours[3 * place + 1]},${colours[3 * place + 2]})` : ink;
      context.fillRect(seen[3 * place] - size / 2, seen[3 * place + 1] - size / 2, size, size);
    });
  };
  const lines = (context, seen, edges, ink) => {
    context.strokeStyle = ink;
    context.beginPath();
    for (let place = 0; place < edges.length; place += 2) {
      context.moveTo(seen[3 * edges[place]], seen[3 * edges[place] + 1]);
      context.lineTo(seen[3 * edges[place + 1]], seen[3 * edges[place + 1] + 1]);
    }
    context.stroke();
  };
  const triangles = (context, seen, faces) => {
    const corner = (index) => [seen[3 * index], seen[3 * index + 1], seen[3 * index + 2]];
    const all = [];
    for (let place = 0; place < faces.length; place += 3) {
      const [a, b, c] = [corner(faces[place]), corner(faces[place + 1]), corner(faces[place + 2])];
      const across = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
      const deep = [b, c].map((one) => (one[2] - a[2]) / 205);
      const normal = [(b[1] - a[1]) * deep[1] - (c[1] - a[1]) * deep[0], (c[0] - a[0]) * deep[0] - (b[0] - a[0]) * deep[1]];
      const light = Math.abs(across) / (Math.hypot(across, ...normal) || 1);
      all.push([a[2] + b[2] + c[2], a, b, c, Math.round(70 + 150 * light)]);
    }
    all.sort((one, other) => one[0] - other[0]).forEach(([, a, b, c, grey]) => {
      context.fillStyle = context.strokeStyle = `rgb(${grey},${grey},${Math.min(255, grey + 14)})`;
      context.beginPath();
      context.moveTo(a[0], a[1]);
      context.lineTo(b[0], b[1]);
      context.lineTo(c[0], c[1]);
      context.closePath();
      context.fill();
      context.stroke();
    });
  };
  const exhibit = (shown, caption) => {
    if (shown.kind === "text") {
      const cut = shown.cut ? element("p", { class: "note" }, `cut after ${shown.text.length} of ${shown.cut} characters; the ledger has all of it`) : null;
      return element("div", {}, element("div", { class: "text", tabindex: shown.text.length > 900 ? 0 : null }, shown.text || "(empty)"), cut);
    }
    if (shown.kind === "picture") return flat(shown, [], caption);
    if (shown.kind === "layer" || shown.kind === "marks") return flat(null, [{ shown, kind: "answer", name: caption }], caption);
    if (shown.kind === "sound") return sound(shown, caption);
    if (shown.kind === "notes") return notes(shown, caption);
    if (shown.kind === "solid" || shown.kind === "motion") return space(shown, caption);
    return element("p", { class: "note" }, `${shown.medium || ""} ${shown.name}${shown.why ? `: ${shown.why}` : ", media of this instance are not shown"}`);
  };
  const overlaid = (shown) => shown && (shown.kind === "layer" || shown.kind === "marks");

  // ---- the instances of a task ----
  const stateOf = (row) => element("span", { class: `state ${row[0] !== "ok" ? "bad" : ""}` }, row[0].replaceAll("_", " "));
  const labelled = (label, ...content) => element("div", {}, element("p", { class: "label" }, label), ...content);
  const isKey = (text) => /^[0-9a-f]{16}$/.test(text);
  const readAs = (row, given) => {
    const texts = (given?.shown || []).filter((shown) => shown.kind === "text").map((shown) => shown.text.trim());
    if (!row || !row[2] || texts.includes(row[2]) || (!texts.length && isKey(row[2]))) return null;
    return element("div", {}, element("p", { class: "label" }, "read as"), element("div", { class: "text" }, row[2]));
  };
  const card = (one, single) => {
    const question = (one.q || []).filter((shown) => shown.kind !== "picture");
    const pictures = (one.q || []).filter((shown) => shown.kind === "picture");
    const answers = runs.map((name, place) => ({ name, row: one.runs[place], given: (one.a || [])[place] }));
    const overlays = [];
    const named = (name, what) => (runs.length > 1 ? `${what} of ${name}` : what);
    answers.forEach(({ name, given }) => (given?.shown || []).filter(overlaid).forEach((shown) => overlays.push({ shown, kind: "answer", name: named(name, "answer") })));
    if (overlaid(one.ref)) overlays.push({ shown: one.ref, kind: "reference", name: "reference" });
    const base = pictures.length ? pictures[pictures.length - 1] : null;
    const figures = [...pictures.slice(0, base && overlays.length ? -1 : undefined).map((shown, place) => exhibit(shown, `picture ${place + 1} of the question`))];
    if (overlays.length) figures.push(flat(base, overlays, "the question with answer and reference over it"));
    const columns = answers.map(({ name, row, given }) => labelled(
      named(name, "answer"),
      row ? element("p", {}, stateOf(row), `${single ? "score" : "pseudo-value"} ${number(row[1])}`, ...(given?.notes || []).map((note) => element("span", { class: "note" }, `  ${note}`))) : element("p", { class: "note" }, "not in this run"),
      ...(given?.shown || []).filter((shown) => !overlaid(shown)).map((shown) => exhibit(shown, named(name, "answer"))),
      readAs(row, given),
    ));
    if (one.ref && !overlaid(one.ref)) columns.push(labelled("reference", exhibit(one.ref, "reference")));
    const asked = question.length || figures.length ? labelled("question", ...question.map((shown) => exhibit(shown, "question")), ...figures) : null;
    return element("article", { class: "instance" }, element("h3", {}, one.id),
      element("div", { class: asked ? "halves" : "" }, asked, element("div", { class: "columns" }, ...columns)));
  };
  const FILTERS = {
    all: () => true,
    wrong: (one, task) => one.runs.some((row) => row && (row[0] !== "ok" || (task.single && (task.lower ? row[1] > 0 : row[1] <= 0)))),
    unparsable: (one) => one.runs.some((row) => row && UNREAD.includes(row[0])),
    "without an answer": (one) => one.runs.some((row) => row && row[0] !== "ok" && !UNREAD.includes(row[0])),
    "cut off": (one) => (one.a || []).some((given) => given && given.notes.includes("cut off")),
    changed: (one) => one.runs.length > 1 && one.runs.some((row) => JSON.stringify(row && row.slice(0, 2)) !== JSON.stringify(one.runs[0] && one.runs[0].slice(0, 2))),
  };
  const openTask = async (name) => {
    const view = document.getElementById("task-view");
    open("task");
    const row = rows.find((one) => one.cells[0].textContent === name);
    if (!row || !row.dataset.file) return view.replaceChildren(element("p", {}, `${name} has no instances in this page`));
    view.replaceChildren(element("p", { "aria-live": "polite" }, `loading ${name} …`));
    let task;
    try { task = await ofTask(name, row.dataset.file); } catch (error) { return view.replaceChildren(element("p", {}, error.message)); }
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const facts = heads.slice(1).flatMap((head, place) => [element("dt", {}, head), element("dd", {}, [row.cells[place + 1].textContent, row.cells[place + 1].title].filter(Boolean).join(": "))]);
    const list = element("div", { id: "instances" });
    const count = element("output", { class: "note" });
    const filter = element("select", { "aria-label": "which instances", id: "pick-instances" }, ...Object.keys(FILTERS).filter((key) => key !== "changed" || runs.length > 1).map((key) => element("option", { value: key }, key)));
    const words = element("input", { type: "search", placeholder: "search instances", "aria-label": "search instances", id: "instance-search" });
    let fitting = [], shown = 0;
    const more = element("button", { type: "button", class: "more", onclick: () => add() }, "more");
    const add = () => {
      list.append(...fitting.slice(shown, shown + PER_PAGE).map((one) => card(one, task.single)));
      shown = Math.min(fitting.length, shown + PER_PAGE);
      more.hidden = shown >= fitting.length;
      count.textContent = `${fitting.length} of ${task.instances.length} instances, ${shown} shown; the most telling first`;
    };
    const apply = () => {
      const wanted = words.value.toLowerCase();
      fitting = task.instances.filter((one) => FILTERS[filter.value](one, task) && (!wanted || JSON.stringify(one).toLowerCase().includes(wanted)));
      shown = 0;
      list.replaceChildren();
      add();
    };
    filter.addEventListener("change", apply);
    words.addEventListener("input", apply);
    view.replaceChildren(...[
      element("p", {}, element("a", { href: "#tasks" }, "all tasks")),
      element("h3", {}, name), element("dl", { class: "facts" }, ...facts),
      task.why ? element("p", { class: "note" }, `questions and references cannot be shown: ${task.why}`) : null,
      element("form", { class: "filters", onsubmit: (event) => event.preventDefault() }, filter, words), element("p", {}, count), list, more,
    ].filter(Boolean));
    apply();
    window.scrollTo(0, 0);
  };

  // ---- start ----
  document.body.classList.add("scripted");
  table.querySelectorAll("thead th").forEach((head, place) => head.querySelector("button").addEventListener("click", () => sortTasks(place, head)));
  search.closest("form").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filterTasks);
  picks.forEach((name) => document.getElementById(`pick-${name}`).addEventListener("change", filterTasks));
  window.addEventListener("hashchange", route);
  history.scrollRestoration = "manual";
  // The browser moves to the named section once all is loaded; the header shall be seen.
  window.addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => window.scrollTo(0, 0))));
  route();
  document.documentElement.dataset.ready = "yes";
})();
