"""HTML as a tree; markup that a browser would have to mend fails the test."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

VOID = {"meta", "link", "img", "input", "br", "hr"}
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:\"[^\"]*\"|[^\">])*?)(/?)>")
ATTRIBUTE = re.compile(r"\s([^\s=\"/]+)(?:=\"[^\"]*\")?")


class Node:
    """An element of a page, with short ways to what is in it."""

    def __init__(self, node: LexborNode) -> None:
        self._node = node

    @property
    def tag(self) -> str | None:
        """Its name."""
        return self._node.tag

    @property
    def attributes(self) -> dict[str, str | None]:
        """Its attributes; one without a value is None."""
        return self._node.attributes

    @property
    def text(self) -> str:
        """All text within, spaces made single."""
        return " ".join(self._node.text().split())

    def all(self, *tags: str, **attributes: str) -> list["Node"]:
        """Every element below with one of the tags (or any) and these attributes (`class_` for class)."""
        rest = "".join(f'[{name.rstrip("_")}="{value}"]' for name, value in attributes.items())
        found = self._node.css(", ".join(f"{tag}{rest}" for tag in tags or "*"))
        return [Node(node) for node in found if node.mem_id != self._node.mem_id]

    def one(self, *tags: str, **attributes: str) -> "Node":
        """The only such element."""
        (found,) = self.all(*tags, **attributes)
        return found


def parse(text: str) -> Node:
    """Parse a page; its tags as they are written must be those of the tree."""
    tree = LexborHTMLParser(text)
    assert _tags(text) == _tags(tree.html)
    # The document, so that <html> is below it.
    return Node(tree.root.parent)


def _tags(text: str) -> list[tuple[str, str, list[str]]]:
    """The tags of a text in order, each with the names of its attributes; `<a/>` counts as `<a></a>`."""
    found = []
    for closing, tag, attributes, at_once in TAG.findall(text):
        found.append((closing, tag, ATTRIBUTE.findall(attributes)))
        if at_once and tag not in VOID:
            found.append(("/", tag, []))
    return found
