// What was typed in a channel and not sent: it waits there while one looks into others, or the page is loaded anew. It is the
// tab's own, and lasts as long.

const ITEM = "broadcast.drafts";
/** How many channels may have one; those that were left longest ago lose theirs. */
const MAXIMUM = 20;

function drafts() {
    try {
        return new Map(JSON.parse(sessionStorage.getItem(ITEM)));
    } catch {
        return new Map();
    }
}

/** The text that waits in a channel; empty when there is none. */
export function draftOf(channel) {
    return String(drafts().get(channel) ?? "");
}

/** Keeps the text of a channel; an empty one is not kept. */
export function keepDraft(channel, text) {
    const kept = drafts();
    kept.delete(channel);
    if (text) kept.set(channel, text);
    try {
        if (kept.size) sessionStorage.setItem(ITEM, JSON.stringify([...kept].slice(-MAXIMUM)));
        else sessionStorage.removeItem(ITEM);
    } catch {
        // There is no room, or the browser keeps nothing.
    }
}
