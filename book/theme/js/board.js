// The desk board: a recorded day in the agency, seen from above; played, stepped and scrubbed.
//
// All it knows of the day is the table below the lanes (`.twin`): each row is a step, its text is what is read out, and its
// data-* attributes say what moves. It plays only while it is looked at. Must not know the pool.
"use strict";

(() => {
    if (book.isPrint) return;
    // A day takes so long at the usual speed, however long it took.
    const DAY_MS = 14_000;
    const make = (tag, properties = {}, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

    // The room after the first `count` steps.
    const roomAfter = (steps, count, desks) => {
        const room = { lobby: [], unnamed: 0, desks: Array.from({ length: desks }, () => ({ state: "empty", slips: [] })), out: [] };
        for (const { data } of steps.slice(0, count)) {
            const desk = room.desks[data.desk];
            switch (data.do) {
            case "sit": desk.state = ""; break;
            case "come":
                if (data.slips) room.lobby.push(...data.slips.split(" ")); else room.unnamed += Number(data.count);
                break;
            case "take": {
                const place = room.lobby.indexOf(data.slip);
                if (place >= 0) room.lobby.splice(place, 1); else room.unnamed = Math.max(0, room.unnamed - 1);
                desk.slips.push(data.slip);
                break;
            }
            case "done": case "fail":
                desk.slips.splice(desk.slips.indexOf(data.slip), 1);
                room.out.push({ slip: data.slip, isLost: data.do === "fail" });
                break;
            case "return":
                room.lobby.unshift(data.slip);
                room.out = room.out.filter(out => out.slip !== data.slip);
                break;
            case "drop": room.lobby.splice(-Number(data.count)); break;
            case "die": desk.state = "dead"; break;
            case "close": for (const each of room.desks) each.state = "empty"; break;
            }
        }
        return room;
    };

    const build = figure => {
        const steps = [...figure.querySelectorAll(".twin tr[data-at]")].map(row => ({
            at: Number(row.dataset.at), data: row.dataset,
            text: row.cells[1].textContent, moment: row.cells[0].textContent,
        }));
        if (!steps.length) return;
        const end = Number(figure.dataset.endUs), desks = Number(figure.dataset.desks);
        const name = figure.querySelector("figcaption").textContent;

        const lobby = make("div", { className: "place lobby" });
        const out = make("div", { className: "place out" });
        const places = Array.from({ length: desks }, () => make("div", { className: "place desk" }));
        const room = make("div", { className: "room" }, lobby, make("div", { className: "desks" }, ...places), out);
        room.setAttribute("aria-hidden", "true");
        out.style.gridColumn = "1 / -1";
        const told = make("p", { className: "told" });
        const button = (text, label, action) => {
            const made = make("button", { type: "button", textContent: text });
            if (label) made.setAttribute("aria-label", label);
            made.addEventListener("click", action);
            return made;
        };
        const scrubber = make("input", { type: "range", min: 0, max: steps.length, value: 0 });
        scrubber.setAttribute("aria-label", "Step of the day");
        const speed = make("select", {}, ...[["0.25", "¼ speed"], ["0.5", "½ speed"], ["1", "Usual speed"], ["3", "3 × speed"]]
            .map(([value, textContent]) => make("option", { value, textContent, selected: value === "1" })));
        speed.setAttribute("aria-label", "Speed");
        const play = button("Play", "", () => playing ? pause() : start());
        const back = button("◂ Step", "One step back", () => { pause(); go(step - 1, true); });
        const on = button("Step ▸", "One step on", () => { pause(); go(step + 1, true); });
        const board = make("div", { className: "board" }, room, told,
            make("div", { className: "controls" }, play, back, on, scrubber, speed));
        board.setAttribute("role", "group");
        board.setAttribute("aria-label", `Desk board: ${name}`);

        // The place in the day, as a line over the lanes.
        const svg = figure.querySelector(".lanes svg");
        const now = document.createElementNS("http://www.w3.org/2000/svg", "path");
        now.setAttribute("class", "now");
        svg.append(now);
        const [left, right] = [Number(svg.dataset.left), Number(svg.dataset.right)];
        const height = svg.viewBox.baseVal.height - 22;

        let step = 0, time = 0, playing = false, before = 0, isSeen = true;
        const chip = (text, isLost) => make("span", { className: isLost ? "slip lost" : "slip", textContent: text });
        const draw = () => {
            const state = roomAfter(steps, step, desks);
            const waiting = state.lobby.length + state.unnamed;
            lobby.replaceChildren(make("b", { textContent: `Lobby: ${waiting}` }), ...state.lobby.slice(0, 40).map(slip => chip(slip)));
            out.replaceChildren(make("b", { textContent: `Done: ${state.out.length}` }),
                ...state.out.slice(-60).map(({ slip, isLost }) => chip(slip, isLost)));
            state.desks.forEach(({ state, slips }, number) => {
                places[number].className = `place desk ${state}`;
                places[number].replaceChildren(make("b", { textContent: `Desk ${number + 1}` }), ...slips.map(slip => chip(slip)));
            });
            const x = left + (right - left) * time / Math.max(1, end);
            now.setAttribute("d", `M${x} 2V${height}`);
            scrubber.value = step;
            const { moment, text } = steps[step - 1] ?? { moment: "0.0 ms", text: "Before anybody has come" };
            scrubber.setAttribute("aria-valuetext", `${step} of ${steps.length}, ${moment}: ${text}`);
            told.textContent = `${moment}: ${text}`;
        };
        const go = (to, isAsked) => {
            step = Math.min(steps.length, Math.max(0, to));
            if (isAsked) time = step ? steps[step - 1].at : 0;
            draw();
        };
        const frame = at => {
            if (!playing) return;
            time += (at - before) / DAY_MS * end * Number(speed.value);
            before = at;
            let to = step;
            while (to < steps.length && steps[to].at <= time) to++;
            if (to !== step || !isCalm.matches) go(to, false);
            if (time >= end) return pause();
            requestAnimationFrame(frame);
        };
        const start = () => {
            if (step >= steps.length) { step = 0; time = 0; }
            playing = true;
            play.textContent = "Pause";
            // While it plays, somebody who listens would hear every step at once; stepping is read out.
            told.removeAttribute("role");
            before = performance.now();
            requestAnimationFrame(frame);
        };
        const pause = () => {
            playing = false;
            play.textContent = "Play";
            told.setAttribute("role", "status");
        };
        scrubber.addEventListener("input", () => { pause(); go(Number(scrubber.value), true); });
        document.addEventListener("visibilitychange", () => { if (document.hidden && playing) pause(); });
        new IntersectionObserver(([{ isIntersecting }]) => {
            isSeen = isIntersecting;
            if (!isSeen && playing) pause();
        }).observe(board);

        // Below the lanes, which stand there already, so that nothing moves that somebody may be reading.
        figure.querySelector(".lanes").after(board);
        // Room for the fullest lobby and for all that is done, so that nothing below moves while it plays. What is not shown yet,
        // behind a prediction, is measured when it is.
        const makeRoom = () => {
            if (!board.offsetHeight) return false;
            let [fullest, most] = [0, -1];
            for (let after = 0; after <= steps.length; after++) {
                const { lobby } = roomAfter(steps, after, desks);
                if (lobby.length > most) [fullest, most] = [after, lobby.length];
            }
            const stood = step;
            for (const [after, place] of [[fullest, lobby], [steps.length, out]]) {
                step = after;
                draw();
                place.style.minHeight = `${place.offsetHeight}px`;
            }
            step = stood;
            return true;
        };
        if (!makeRoom()) new ResizeObserver((_, observer) => {
            if (!makeRoom()) return;
            observer.disconnect();
            draw();
        }).observe(board);
        step = 0;
        draw();
        pause();
    };
    for (const figure of document.querySelectorAll("figure.timeline")) build(figure);
})();
