// Progress: what was read, answered and solved, at the foot of the page and in the contents. It stays on this machine.
//
// Read is kept in localStorage under `agency.read`; answers under `agency.answers`; what `cargo grade` found is put into the
// page by `cargo book serve` (#agency-grades), and nowhere else. Must not know what is right.
"use strict";

(() => {
    if (book.isPrint) return;
    const parsed = (text, fallback) => { try { return JSON.parse(text) ?? fallback; } catch { return fallback; } };
    const read = () => parsed(book.stored("agency.read"), {});
    const questions = [...document.querySelectorAll("[data-slug]")].map(frame => frame.dataset.slug);
    const isChapter = questions.length > 0 || document.querySelector(".exercises");
    const page = book.path.replace(/\.md$/, ".html");

    const foot = document.createElement("section");
    foot.className = "progress";
    foot.setAttribute("aria-label", "Your progress in this chapter");
    const text = document.createElement("p");
    const clear = document.createElement("button");
    clear.type = "button";
    clear.textContent = "Forget my answers and what I have read";
    clear.addEventListener("click", () => {
        book.store("agency.answers", null);
        book.store("agency.read", null);
        location.reload();
    });
    foot.append(text, clear);

    const grades = () => parsed(document.getElementById("agency-grades")?.textContent, { exercises: [] }).exercises;
    const draw = () => {
        const answers = parsed(book.stored("agency.answers"), {});
        const answered = questions.filter(slug => slug in answers).length;
        const links = [...document.querySelectorAll(".exercises a[href]")];
        const solved = grades().filter(row => row.status === "solved").map(row => row.exercise);
        const parts = [page in read() ? "Read." : "Not read to the end yet."];
        if (questions.length) parts.push(`${answered} of ${questions.length} questions answered.`);
        for (const link of links) {
            const slug = link.getAttribute("href").replace(/\.html.*$/, "");
            if (solved.includes(slug) && !link.nextElementSibling?.matches(".solved-mark")) {
                const mark = Object.assign(document.createElement("span"), { className: "solved-mark", textContent: "solved" });
                link.after(" ", mark);
            }
        }
        text.textContent = parts.join(" ");
        for (const link of document.querySelectorAll('#mdbook-sidebar a[href]:not([href^="#"])')) {
            const name = link.pathname.split("/").pop();
            const marks = [name in read() && "read", solved.includes(name.replace(".html", "")) && "solved"].filter(Boolean);
            link.classList.toggle("seen", marks.length > 0);
            if (marks.length) link.setAttribute("aria-description", marks.join(", ")); else link.removeAttribute("aria-description");
        }
    };
    document.addEventListener("agency:progress", draw);
    if (isChapter) {
        document.querySelector("main").append(foot);
        // Read is who has come to the end.
        new IntersectionObserver(([{ isIntersecting }], observer) => {
            if (!isIntersecting || page in read()) return;
            book.store("agency.read", JSON.stringify({ ...read(), [page]: 1 }));
            observer.disconnect();
            draw();
        }).observe(foot);
    }
    addEventListener("DOMContentLoaded", draw);
    draw();
})();
