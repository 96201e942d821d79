// The text of a message as elements: addresses in it are links, and of a long one the beginning is shown first.

import { make } from "./elements.js";
import { piecesOf } from "./links.js";

/** A text of more characters, or lines, is shown up to about there until more is asked for. */
const SHOWN_CHARACTERS = 2_000;
const SHOWN_LINES = 16;

/** Makes the text of a message. */
export function makeSaid(text) {
    const said = make("span", "said");
    const length = shownLength(text);
    if (length === text.length) {
        said.append(...elementsOf(piecesOf(text)));
        return said;
    }
    const more = make("button", "more quiet", `Show all ${text.length.toLocaleString()} characters`);
    more.type = "button";
    more.addEventListener("click", () => {
        said.replaceChildren(...elementsOf(piecesOf(text)));
        // The button that had the focus is gone.
        said.tabIndex = -1;
        said.focus({ preventScroll: true });
    });
    said.append(...elementsOf(beginning(piecesOf(text), length)), "… ", more);
    return said;
}

/** How much of a text is shown: all of it unless that is much more. */
function shownLength(text) {
    let end = -1;
    for (let line = 0; line < SHOWN_LINES; line++) {
        end = text.indexOf("\n", end + 1);
        if (end < 0) break;
    }
    const length = Math.min(SHOWN_CHARACTERS, end < 0 ? Infinity : end);
    return text.length > length * 1.5 ? length : text.length;
}

/** The pieces up to a length. No address is cut: it would lead elsewhere. */
function beginning(pieces, length) {
    const taken = [];
    for (const piece of pieces) {
        if (length <= 0 || (piece.href && piece.text.length > length)) break;
        // No character is cut in two either.
        taken.push(piece.href ? piece : { text: piece.text.slice(0, length).replace(/[\ud800-\udbff]$/, "") });
        length -= piece.text.length;
    }
    return taken;
}

function elementsOf(pieces) {
    return pieces.map(({ text, href }) => (href ? makeLink(text, href) : text));
}

/** Makes a link that tells the other site nothing of this one, and gives it no hold on this page. */
function makeLink(text, href) {
    const link = make("a", "", text);
    link.href = href;
    link.rel = "noopener noreferrer nofollow";
    link.target = "_blank";
    // Letters that look like others show as what they are.
    if (/[^\x21-\x7e]/.test(text)) link.title = href;
    return link;
}
