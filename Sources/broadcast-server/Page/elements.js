// Small pieces of the page. Text is only ever set as text, never as HTML: it comes from others.

/** Makes an element of elements and text. */
export function make(tag, className, ...content) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...content);
    return made;
}

/** Makes the round sign of a member. */
export function makeAvatar(name) {
    // The number tells those without a name apart.
    const initial = /^Client (\d+)$/.exec(name)?.[1].slice(-2) ?? [...name][0].toUpperCase();
    const avatar = make("span", "avatar", initial);
    avatar.ariaHidden = "true";
    return colour(avatar, name);
}

/** Gives an element the colour of a name, which is the same everywhere and every time. */
export function colour(element, name) {
    let hash = 0;
    for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 360;
    // Steps of a large angle set names apart that differ little.
    element.style.setProperty("--hue", (hash * 137) % 360);
    return element;
}
