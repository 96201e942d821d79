// What the browser keeps for the next visit, for all tabs. It may keep nothing: some are told to.

/** The text that is kept under a name; empty when there is none. */
export function recall(item) {
    try {
        return localStorage.getItem(item) ?? "";
    } catch {
        return "";
    }
}

/** Keeps a text under a name; an empty one is not kept. */
export function remember(item, text) {
    try {
        if (text) localStorage.setItem(item, text);
        else localStorage.removeItem(item);
    } catch {
        // The page works without, until it is closed.
    }
}

/** Calls back when another tab has changed what is kept under a name. */
export function onChange(item, action) {
    window.addEventListener("storage", ({ key }) => (key === item || key === null) && action());
}
