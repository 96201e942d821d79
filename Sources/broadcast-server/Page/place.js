// What a tab keeps of its place in a channel while the page is loaded anew: the session, how far it has come, what waits to
// be sent. Only then: a tab that is duplicated would take a copy along, and two would be one member.

const ITEM = "broadcast.place";

/** Keeps a place until the next page of this tab takes it. */
export function keepPlace(place) {
    try {
        sessionStorage.setItem(ITEM, JSON.stringify(place));
    } catch {
        // There is no room for what waits to be sent: the browser has asked whether to leave it.
    }
}

/** Takes the place that the last page of this tab has kept, if it is in this channel. */
export function takePlace(channel) {
    const place = JSON.parse(sessionStorage.getItem(ITEM));
    forgetPlace();
    return place?.channel === channel ? place : undefined;
}

/** Keeps none. */
export function forgetPlace() {
    sessionStorage.removeItem(ITEM);
}
