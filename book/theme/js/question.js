// Questions and predictions: the folded options become one choice, the explanation is read out, the answer is kept here.
//
// Each `.question` or `.prediction` holds a question in bold and a <details> for each option; an explanation that begins with
// "Right." belongs to a right one. Without this script they stay as they are. Answers lie in localStorage under
// `agency.answers`, as { slug: number of the option }, and go nowhere. Must not know which chapter it is on.
"use strict";

(() => {
    if (book.isPrint) return;
    const KEY = "agency.answers";
    const answers = () => { try { return JSON.parse(book.stored(KEY)) ?? {}; } catch { return {}; } };
    const keep = (slug, option) => {
        const all = answers();
        if (option === null) delete all[slug]; else all[slug] = option;
        book.store(KEY, JSON.stringify(all));
        document.dispatchEvent(new Event("agency:progress"));
    };
    const make = (tag, properties = {}, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };

    for (const frame of document.querySelectorAll(".question, .prediction")) {
        const { slug } = frame.dataset, isPrediction = frame.classList.contains("prediction");
        const options = [...frame.querySelectorAll(":scope > details:not(.reveal)")];
        const run = frame.querySelector(":scope > details.reveal");
        const text = frame.querySelector(":scope > p");
        if (!text || options.length < 2 || slug in answers() && answers()[slug] >= options.length) continue;

        // A live region must be there, and empty, before something is put into it.
        const told = make("div", { className: "told" });
        told.setAttribute("role", "status");
        const submit = make("button", { type: "submit", textContent: isPrediction ? "Lock it in and read on" : "Answer" });
        const clear = make("button", { type: "button", className: "clear", textContent: "Clear", hidden: true });
        clear.setAttribute("aria-label", "Clear my answer to this question");
        const legend = make("legend", {}, ...text.childNodes);
        const fieldset = make("fieldset", {}, legend);
        const explanations = options.map((option, number) => {
            const input = make("input", { type: "radio", name: `answer-${slug}`, value: number, required: true });
            const summary = option.querySelector("summary");
            fieldset.append(make("label", {}, input, make("span", {}, ...summary.childNodes)));
            summary.remove();
            return [...option.childNodes];
        });
        const form = make("form", { className: "ask" }, fieldset, submit, " ", clear, told);
        text.replaceWith(form);
        for (const option of options) option.remove();
        if (run) {
            // The run is shown in place, once the prediction stands.
            const body = make("div", { className: "reveal", hidden: true });
            run.querySelector("summary").remove();
            body.append(...run.childNodes);
            run.replaceWith(body);
            frame.run = body;
        }

        const show = (number, isTold) => {
            form.elements[`answer-${slug}`].value = number;
            // Copied, so that the same explanation can be shown again.
            if (isTold || isPrediction)
                told.replaceChildren(...explanations[number].map(node => node.cloneNode(true)));
            clear.hidden = false;
            if (isPrediction) {
                fieldset.disabled = submit.disabled = true;
                submit.textContent = "Locked in";
                if (frame.run) frame.run.hidden = false;
            }
        };
        form.addEventListener("submit", event => {
            event.preventDefault();
            const number = Number(new FormData(form).get(`answer-${slug}`));
            show(number, true);
            keep(slug, number);
        });
        clear.addEventListener("click", () => {
            form.reset();
            told.replaceChildren();
            fieldset.disabled = submit.disabled = false;
            submit.textContent = isPrediction ? "Lock it in and read on" : "Answer";
            if (frame.run) frame.run.hidden = true;
            keep(slug, null);
            clear.hidden = true;
            fieldset.querySelector("input").focus();
        });
        if (slug in answers()) show(answers()[slug], true);
    }

    // A link into what is not shown yet would go nowhere: it opens the run.
    const open = () => {
        const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
        const hidden = target?.closest?.(".reveal[hidden]");
        if (hidden) { hidden.hidden = false; target.scrollIntoView(); }
    };
    addEventListener("hashchange", open);
    open();
})();
