"""HTML as a tree; markup that a browser would have to mend fails the test."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr"}


@dataclass
class Node:
    """An element: its tag, attributes, and what is in it."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within, spaces made single."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join("".join(parts).split())

    def all(self, *tags: str, **attributes: str) -> list["Node"]:
        """Every element below with one of the tags (or any) and these attributes (`class_` for class)."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        found = []
        for child in self.children:
            if isinstance(child, Node):
                if (not tags or child.tag in tags) and wanted.items() <= child.attributes.items():
                    found.append(child)
                found += child.all(*tags, **attributes)
        return found

    def one(self, *tags: str, **attributes: str) -> "Node":
        """The only such element."""
        (found,) = self.all(*tags, **attributes)
        return found


class _Tree(HTMLParser):
    """Builds nodes; an element that is closed twice or never fails the test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        assert len(node.attributes) == len(attrs), f"an attribute twice in {self.get_starttag_text()}"
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}> in line {self.getpos()[0]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(text: str) -> Node:
    """Parse a page."""
    tree = _Tree()
    tree.feed(text)
    tree.close()
    assert len(tree.open) == 1, f"<{tree.open[-1].tag}> is never closed"
    return tree.open[0]
