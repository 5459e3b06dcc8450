"""What a person with poor eyes, a narrow screen or a keyboard would complain of, on a page in a real browser."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

NARROW = {"width": 320, "height": 640}
USUAL = {"width": 390, "height": 844}
# Text twice as large as the browser's own (WCAG 2.2 §1.4.4), as somebody's settings would have it.
TWICE_THE_TEXT = "() => { document.documentElement.style.fontSize = '200%'; }"
OVERHANG = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1);
    return out.slice(0, 3).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 30)}`)
        .concat("scrolls sideways");
}"""
# A button or field without an edge of its own is not to be seen where colours are forced.
EDGELESS = """() => [...document.querySelectorAll("button, input:not([type=hidden]), select, textarea")]
    .filter((one) => one.checkVisibility() && !one.matches(".unseen, .unseen *"))
    .filter((one) => getComputedStyle(one).borderTopStyle === "none" && getComputedStyle(one).outlineStyle === "none"
        && getComputedStyle(one).textDecorationLine === "none" && getComputedStyle(one).opacity !== "0")
    .map((one) => `no edge: ${one.outerHTML.slice(0, 90)}`)"""

# Where motion is not wanted, nothing may slide, fade or spin: not now, and not when it is touched.
MOVING = """() => [...document.querySelectorAll("*")]
    .flatMap((one) => ["", "::before", "::after"].map((part) => [one, part]))
    .filter(([one, part]) => {
        const style = getComputedStyle(one, part || null);
        const takes = (times) => times.split(",").some((time) => parseFloat(time) > 0);
        return takes(style.transitionDuration) || style.animationName !== "none" || style.scrollBehavior === "smooth";
    })
    .map(([one, part]) => `moves: ${one.outerHTML.slice(0, 90)}${part}`)"""

NAMES_TIMES_AND_ACTIONS = "main :is(h1, h2, h3, time, button, .button, .list-name, .card-name, .field-input, .occasion)"
SMALL = """([selector, least]) => [...document.querySelectorAll(selector)]
    .filter((one) => one.checkVisibility() && one.textContent.trim())
    .filter((one) => parseFloat(getComputedStyle(one).fontSize) < least)
    .map((one) => `small: ${one.outerHTML.slice(0, 90)}`)"""


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(page: "Page") -> list[str]:
    """Return what axe finds on the page as it stands, a line an element: every rule but its experiments."""
    page.evaluate(_axe() + ";0")  # not as a script element: the content security policy would stop that
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def cramped(page: "Page") -> list[str]:
    """Return what is too small for a finger, or half under something else (WCAG 2.2 §2.5.8): axe asks only if told."""
    page.evaluate(_axe() + ";0")
    found = page.evaluate("() => axe.run(document, {runOnly: ['target-size']})")["violations"]
    return [f"cramped: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def overhang(page: "Page") -> list[str]:
    """Return what is wider than the screen, for which one would have to scroll sideways (WCAG 2.2 §1.4.10)."""
    found: list[str] = page.evaluate(OVERHANG)
    return found


def edgeless(page: "Page") -> list[str]:
    """Return the controls that nothing shows where colours are forced."""
    found: list[str] = page.evaluate(EDGELESS)
    return found


def moving(page: "Page") -> list[str]:
    """Return what moves, or would when it is used."""
    found: list[str] = page.evaluate(MOVING)
    return found


def small(page: "Page", selector: str = NAMES_TIMES_AND_ACTIONS, least: int = 17) -> list[str]:
    """Return the names, times and actions whose letters are smaller than that many pixels."""
    found: list[str] = page.evaluate(SMALL, [selector, least])
    return found
