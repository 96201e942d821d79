// The form that asks for a token: where none gets in without, and before the one at hand expires.

import { isToken } from "./token.js";

const NO_TOKEN = "That is no token: one has no spaces, and only letters, digits and signs of ASCII.";

export class Gate {
    #form;
    #field;
    #why;
    #problem;

    /** `enter` is called with a token that was typed, which stays nowhere else. */
    constructor(form, field, why, problem, enter) {
        this.#form = form;
        this.#field = field;
        this.#why = why;
        this.#problem = problem;
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const token = field.value.trim();
            if (token && !isToken(token)) return this.deny(NO_TOKEN);
            field.value = "";
            this.deny("");
            if (token) enter(token);
        });
        field.addEventListener("input", () => this.deny(""));
    }

    get isOpen() {
        return !this.#form.hidden;
    }

    /** Asks for a token, and says why. */
    open(why) {
        this.#form.hidden = false;
        // What is said again would be read out again.
        if (this.#why.textContent !== why) this.#why.textContent = why;
    }

    close() {
        this.#form.hidden = true;
        this.#field.value = "";
        this.#why.textContent = "";
        this.deny("");
    }

    /** Says why what was typed will not do; an empty text takes that away. */
    deny(why) {
        this.#problem.textContent = why;
        this.#field.ariaInvalid = String(why !== "");
    }

    focus() {
        this.#field.focus();
    }
}
