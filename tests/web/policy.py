"""What the Content-Security-Policy asks of a page's markup."""

import re

from tests.web.site import Page

URL = re.compile(r"(?:https?:)?//[^\s\"'<>]+")
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
FORBIDDEN = ("style", "iframe", "object", "embed", "base", "foreignobject")


def keeps_to_the_policy(page: Page) -> None:
    """Nothing in it is inline, and nothing comes from another host."""
    assert page.html.all(*FORBIDDEN) == []
    for script in page.html.all("script"):
        assert (script.attributes["src"] or "").startswith("/static/")
        assert script.text == ""
    for node in page.html.all():
        for name, value in node.attributes.items():
            assert name != "style", f"<{node.tag} style={value!r}>"
            assert not name.startswith("on"), f"<{node.tag} {name}={value!r}>"
            if name in ("href", "src", "action", "xlink:href"):
                assert not re.match(r"\s*(javascript|data|https?):|\s*//", value or "", re.IGNORECASE), value


def other_hosts(text: str) -> set[str]:
    """The addresses in a text that are not of this host."""
    return {url for url in URL.findall(text) if "://" in url} - NAMESPACES
