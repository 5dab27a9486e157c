// What the frame of a page does: themes, contents, search, copying code, turning pages by keyboard.
//
// Takes the place of mdBook's own script, which asks another host for its playground, keeps pages out of the browser's
// back-and-forward cache, and hides the contents from the keyboard. Must not know questions, boards or progress.
"use strict";

// The search script that comes with mdBook asks this before it takes a key.
function mdbook_something_else_has_focus(event) {
    return /^(?:input|select|textarea)$/i.test((event.composedPath()[0] || event.target).nodeName);
}

(() => {
    const html = document.documentElement;
    const at = id => document.getElementById(id);

    // Code: colors, a name for what scrolls, hidden lines, a button to copy.
    for (const code of document.querySelectorAll("main pre > code")) {
        code.classList.add("hljs");
        const pre = code.parentElement;
        const buttons = document.createElement("div");
        buttons.className = "buttons";
        const button = (icon, label, action) => {
            const made = document.createElement("button");
            made.type = "button";
            made.setAttribute("aria-label", label);
            made.title = label;
            made.append(at(icon).content.cloneNode(true));
            made.addEventListener("click", () => action(made));
            buttons.append(made);
        };
        if (code.querySelector(".boring")) {
            code.classList.add("hide-boring");
            button("icon-eye", "Show hidden lines", made => {
                const isHidden = code.classList.toggle("hide-boring");
                made.title = isHidden ? "Show hidden lines" : "Hide them again";
                made.setAttribute("aria-label", made.title);
            });
        }
        if (navigator.clipboard && !pre.closest("figure.recorded")) button("icon-copy", "Copy", made => {
            navigator.clipboard.writeText(code.innerText).then(() => {
                made.dataset.told = "Copied";
                setTimeout(() => delete made.dataset.told, 2000);
            });
        });
        if (buttons.firstChild) pre.prepend(buttons);
    }
    // Within a line, code breaks where it has a joint, and never behind the dashes of an option.
    for (const code of document.querySelectorAll("main :not(pre) > code:not(:has(*))")) {
        if (code.textContent.length <= 12 && !code.textContent.includes("--")) continue;
        const parts = code.textContent.split(/(--[\w-]+)|(?<=::|[(/_.])(?=\w{5})/).filter(Boolean);
        code.replaceChildren(...parts.flatMap(part => {
            if (!part.startsWith("--")) return [part, document.createElement("wbr")];
            return [Object.assign(document.createElement("span"), { className: "option", textContent: part })];
        }));
    }
    // Colors come last: the script is larger than a chapter, and moves nothing.
    const load = source => new Promise((done, failed) => {
        const script = document.createElement("script");
        Object.assign(script, { src: source, onload: done, onerror: failed });
        document.head.append(script);
    });
    const colorful = [...document.querySelectorAll("main pre > code")].filter(code => /language-(?!text|console)/.test(code.className));
    book.colored = new Promise(done => addEventListener("load", done))
        .then(() => colorful.length ? load(book.highlighter) : null)
        // One block at a time, so that nobody waits for all of them.
        .then(() => colorful.reduce((before, code) => before.then(() => {
            hljs.highlightBlock(code);
            return new Promise(done => setTimeout(done));
        }), Promise.resolve()));
    // What scrolls by itself must be reached without a mouse.
    for (const box of document.querySelectorAll("main pre > code, main .table-wrapper"))
        if (box.scrollWidth > box.clientWidth) {
            box.tabIndex = 0;
            box.setAttribute("role", "group");
            box.setAttribute("aria-label", box.matches("code") ? "Code" : "Table");
        }

    // Themes.
    const sheets = {
        ayu: "mdbook-ayu-highlight-css", navy: "mdbook-tomorrow-night-css", coal: "mdbook-tomorrow-night-css",
        light: "mdbook-highlight-css", rust: "mdbook-highlight-css",
    };
    const list = at("mdbook-theme-list"), toggle = at("mdbook-theme-toggle");
    const paint = () => {
        const theme = book.theme();
        for (const button of list.querySelectorAll("button")) html.classList.remove(button.dataset.theme || "none");
        html.classList.add(theme);
        for (const id of ["mdbook-highlight-css", "mdbook-tomorrow-night-css", "mdbook-ayu-highlight-css"])
            at(id).disabled = id !== sheets[theme];
        at("mdbook-variables-css").disabled = !(theme in sheets);
        const chosen = book.stored("mdbook-theme") ?? "";
        for (const button of list.querySelectorAll("button"))
            button.setAttribute("aria-pressed", button.dataset.theme === chosen);
    };
    const showThemes = yes => {
        list.hidden = !yes;
        toggle.setAttribute("aria-expanded", yes);
        if (yes) (list.querySelector("[aria-pressed=true]") ?? list.querySelector("button")).focus();
    };
    toggle.addEventListener("click", () => showThemes(list.hidden));
    list.addEventListener("click", event => {
        const theme = event.target.closest("button")?.dataset.theme;
        if (theme === undefined) return;
        book.store("mdbook-theme", theme || null);
        paint();
    });
    list.addEventListener("keydown", event => {
        const buttons = [...list.querySelectorAll("button")];
        const place = buttons.indexOf(document.activeElement);
        const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to !== undefined) { event.preventDefault(); buttons[(to + buttons.length) % buttons.length].focus(); }
        if (event.key === "Escape") { showThemes(false); toggle.focus(); }
    });
    document.addEventListener("click", event => {
        if (!list.hidden && !list.contains(event.target) && !toggle.contains(event.target)) showThemes(false);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
    paint();

    // Contents.
    const contents = at("mdbook-sidebar-toggle");
    const showContents = (yes, isKept) => {
        html.classList.toggle("sidebar-visible", yes);
        contents.setAttribute("aria-expanded", yes);
        if (isKept) book.store("mdbook-sidebar", yes ? "visible" : "hidden");
    };
    showContents(html.classList.contains("sidebar-visible"), false);
    contents.addEventListener("click", () => showContents(!html.classList.contains("sidebar-visible"), true));
    for (const link of document.querySelectorAll("#mdbook-sidebar a.active")) link.setAttribute("aria-current", "page");

    // Search: its scripts come when somebody searches.
    const search = at("mdbook-search-toggle");
    let loading;
    const openSearch = () => loading ??= search_scripts.reduce((before, source) => before.then(() => load(source)), Promise.resolve());
    if (search && typeof search_scripts !== "undefined") {
        const first = event => {
            event.stopImmediatePropagation();
            search.removeEventListener("click", first);
            openSearch().then(() => search.click());
        };
        search.addEventListener("click", first);
        if (/[?&](?:search|highlight)=/.test(location.search)) {
            search.removeEventListener("click", first);
            openSearch();
        }
    }

    // Keys.
    document.addEventListener("keydown", event => {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || mdbook_something_else_has_focus(event)) return;
        if (event.target.closest?.("[role=group], .theme-popup, summary")) return;
        const link = { ArrowLeft: ".turn .previous", ArrowRight: ".turn .next" }[event.key];
        if (link) document.querySelector(link)?.click();
        if ((event.key === "/" || event.key === "s") && search && !loading) {
            event.preventDefault();
            search.click();
        }
    });

    if (book.isPrint) {
        for (const fold of document.querySelectorAll("main details")) fold.open = true;
        addEventListener("load", () => setTimeout(print, 100));
    }
})();
