// What tells of messages that come while nobody looks at the page: a count in the title, and notifications for those who
// have asked for them.

import { onChange, recall, remember } from "./memory.js";

/** Where the browser keeps that notifications are wanted. */
const ITEM = "broadcast.notify";
/** A notification takes the place of the one before, at most so often. */
const INTERVAL = 2_000;
const MAXIMUM_CHARACTERS = 200;

export class Attention {
    /** Messages that nobody has looked at. */
    #count = 0;
    #choice;
    #hint;
    #changed;
    #notification;
    #latest;
    #timer;

    /** `choice` is the checkbox by which notifications are asked for, `hint` tells why there are none; `changed` is called with the count. */
    constructor(choice, hint, changed) {
        this.#choice = choice;
        this.#hint = hint;
        this.#changed = changed;
        choice.addEventListener("change", () => this.#choose());
        onChange(ITEM, () => this.#show());
        document.addEventListener("visibilitychange", () => this.#look());
        window.addEventListener("focus", () => this.#look());
        // What a page leaves behind leads nowhere.
        window.addEventListener("pagehide", () => this.clear());
        this.#show();
    }

    /** A message has come: counts if nobody looks. */
    add(place, name, text) {
        if (isLookedAt()) return;
        this.#count += 1;
        this.#changed(this.#count);
        this.#latest = { place, name, text };
        if (!this.#timer) this.#notify();
    }

    clear() {
        clearTimeout(this.#timer);
        this.#timer = this.#latest = undefined;
        this.#notification?.close();
        this.#notification = undefined;
        this.#count = 0;
        this.#changed(0);
    }

    #look() {
        if (isLookedAt()) this.clear();
    }

    // MARK: Notifications

    get #isWanted() {
        return recall(ITEM) === "on" && globalThis.Notification?.permission === "granted";
    }

    #notify() {
        const { place, name, text } = this.#latest;
        this.#latest = undefined;
        if (!this.#isWanted) return;
        this.#timer = setTimeout(() => {
            this.#timer = undefined;
            if (this.#latest) this.#notify();
        }, INTERVAL);
        const title = this.#count === 1 ? place : `${place}: ${this.#count} new messages`;
        const body = `${name}: ${[...text.slice(0, 2 * MAXIMUM_CHARACTERS)].slice(0, MAXIMUM_CHARACTERS).join("")}`;
        try {
            this.#notification = new Notification(title, { body, tag: `broadcast ${place}`, icon: "-/icon.svg" });
            this.#notification.onclick = () => {
                window.focus();
                this.clear();
            };
        } catch {
            // Some phones have notifications for installed pages only.
            remember(ITEM, "");
            this.#show("This browser shows no notifications of pages like this one.");
        }
    }

    async #choose() {
        if (!this.#choice.checked) {
            remember(ITEM, "");
            return this.#show();
        }
        const permission = await Notification.requestPermission();
        if (permission === "granted") remember(ITEM, "on");
        this.#show(permission === "default" ? "The browser was not told to allow them." : "");
    }

    #show(why = "") {
        const permission = globalThis.isSecureContext && globalThis.Notification?.permission;
        this.#choice.checked = this.#isWanted;
        this.#choice.disabled = !permission || permission === "denied";
        if (!permission) this.#hint.textContent = "Browsers allow them only over HTTPS, or from this very machine.";
        else if (permission === "denied") this.#hint.textContent = "The browser blocks them: allow them in its settings for this site.";
        else this.#hint.textContent = why;
    }
}

/** Whether somebody can be thought to see the page. */
function isLookedAt() {
    return !document.hidden && document.hasFocus();
}
