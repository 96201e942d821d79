// The channels that one has been in, as the browser keeps them for all tabs, and their list.

import { make } from "./elements.js";
import { onChange, recall, remember } from "./memory.js";
import { addressOf } from "./place.js";

const ITEM = "broadcast.channels";
/** Those that one has not been in for longest give way. */
const MAXIMUM = 20;

/** What a channel is called. */
export function channelTitle(name) {
    return name ? `#${name}` : "Main channel";
}

/** What is wrong with the name of a channel: what does not survive in the path of a URL. The server knows further rules. */
export function problemOf(name) {
    if (/[\s/]/u.test(name) || name === "." || name === "..") return "The name of a channel has no spaces and no slashes.";
    if (!name.isWellFormed()) return "The name of a channel has no halves of characters.";
    if (new TextEncoder().encode(name).length > 64) return "The name of a channel has at most 64 bytes.";
    return "";
}

export class ChannelList {
    #list;
    #go;
    #current = "";

    /** Shows the channels in a list; `go` is called with the name of the one that is chosen. */
    constructor(list, go) {
        this.#list = list;
        this.#go = go;
        onChange(ITEM, () => this.#show());
    }

    /** Marks the channel that the page is in, or tries to get into. */
    set current(name) {
        this.#current = name;
        this.#show();
    }

    /** Keeps a channel that one has come into. */
    visit(name) {
        this.#keep([name, ...visited().filter((other) => other !== name)]);
    }

    #forget(name) {
        this.#keep(visited().filter((other) => other !== name));
        // The button that had the focus is gone.
        this.#list.querySelector("a").focus();
    }

    #keep(names) {
        const kept = names.filter((name) => name).slice(0, MAXIMUM);
        remember(ITEM, kept.length ? JSON.stringify(kept) : "");
        this.#show();
    }

    #show() {
        const names = visited().sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
        this.#list.replaceChildren(...["", ...names].map((name) => this.#makeItem(name)));
    }

    #makeItem(name) {
        const link = make("a", "", make("bdi", "", channelTitle(name)));
        link.href = addressOf(name);
        link.addEventListener("click", (event) => {
            // With a key held down it opens elsewhere, as links do.
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
            event.preventDefault();
            this.#go(name);
        });
        const item = make("li", "channel", link);
        if (name === this.#current) link.ariaCurrent = "page";
        else if (name) item.append(this.#makeForget(name));
        return item;
    }

    #makeForget(name) {
        const forget = make("button", "forget quiet", "×");
        forget.type = "button";
        forget.ariaLabel = `Take ${channelTitle(name)} off the list`;
        forget.title = forget.ariaLabel;
        forget.addEventListener("click", () => this.#forget(name));
        return forget;
    }
}

/** The names that are kept, the latest first. Whatever else may stand there counts for nothing. */
function visited() {
    try {
        const kept = JSON.parse(recall(ITEM) || "[]");
        return [...new Set(kept)].filter((name) => typeof name === "string" && name && !problemOf(name)).slice(0, MAXIMUM);
    } catch {
        return [];
    }
}
