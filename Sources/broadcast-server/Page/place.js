// Where a tab is: the channel of its address, and what it keeps of its place there while the page is loaded anew: the session,
// how far it has come, what waits to be sent. Only then: a tab that is duplicated would take a copy along, and two would be
// one member.

const ITEM = "broadcast.place";
/** What all channels are beneath: relative to the page, so that a proxy may serve them beneath a path of its own. */
const BASE = new URL(".", location.href);

/** The address of a channel. */
export function addressOf(channel) {
    return new URL(encodeURIComponent(channel), BASE);
}

/** The channel of the address. Older links name it behind a `#`: they become what they mean. */
export function channelOfAddress() {
    const isOld = location.hash && location.pathname === BASE.pathname;
    const channel = decode(isOld ? location.hash.slice(1) : location.pathname.slice(BASE.pathname.length));
    if (isOld) history.replaceState(null, "", addressOf(channel));
    return channel;
}

function decode(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return "";
    }
}

/** Keeps a place until the next page of this tab takes it. */
export function keepPlace(place) {
    try {
        sessionStorage.setItem(ITEM, JSON.stringify(place));
    } catch {
        // There is no room for what waits to be sent, which the browser has asked about; or it keeps nothing at all.
    }
}

/** Takes the place that the last page of this tab has kept, if it is in this channel. */
export function takePlace(channel) {
    try {
        const place = JSON.parse(sessionStorage.getItem(ITEM));
        forgetPlace();
        return place?.channel === channel ? place : undefined;
    } catch {
        return undefined;
    }
}

/** Keeps none. */
export function forgetPlace() {
    try {
        sessionStorage.removeItem(ITEM);
    } catch {
        // The browser keeps nothing at all.
    }
}
