"""What a reader finds on a page, as plain values."""

import re
from typing import Any

from playwright.sync_api import Locator, Page

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
# A mark of a chart carries its numbers as text.
MARKS = "path[role=graphics-symbol][aria-label]"


def figures(page: Page) -> list[str]:
    """The values of the headline: on the summary users, readings, energy and the last run."""
    return page.locator(".headline dd:not(.note)").all_inner_texts()


def labels(page: Page, chart: int = 0) -> list[str]:
    """What the marks of a chart say."""
    return (
        page.locator("figure.chart")
        .nth(chart)
        .locator(MARKS)
        .evaluate_all("marks => marks.map(mark => mark.getAttribute('aria-label'))")
    )


def column(page: Page, number: int) -> list[str]:
    """A column of the user table, from 1."""
    return page.locator(f"table.users tbody tr > :nth-child({number})").all_inner_texts()


def ids(page: Page) -> list[int]:
    """The users of the table."""
    return [int(text) for text in column(page, 1)]


def submit(page: Page, form: str = "form.filters:not([role=search])") -> None:
    """Send a form by its button."""
    page.locator(f"{form} button").first.click()


def search(page: Page, **fields: str) -> None:
    """Fill and send the form above the user table."""
    form = "form[role=search]"
    for name, value in fields.items():
        field = page.locator(f"{form} [name={name}]").first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    submit(page, form)


def style(found: Locator, *names: str) -> list[str]:
    """Computed properties of an element."""
    return found.evaluate(
        "(element, names) => names.map(name => getComputedStyle(element)[name])", list(names)
    )


def focused(page: Page) -> dict[str, Any]:
    """The element with the focus: what it is, and whether one sees that it has it."""
    return page.evaluate(
        """() => {
            const element = document.activeElement, shape = element.getBoundingClientRect();
            const { outlineStyle, outlineWidth } = getComputedStyle(element);
            return {
                tag: element.tagName, name: element.name || "", href: element.getAttribute("href") || "",
                outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
                inside: shape.width > 1 && shape.right > 0 && shape.left < innerWidth
                    && shape.bottom > 0 && shape.top < innerHeight,
            };
        }"""
    )


def contrast(one: str, other: str) -> float:
    """The contrast of two opaque CSS colours as WCAG defines it, 1 to 21.

    Examples
    --------
    >>> round(contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)"))
    21
    """
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
