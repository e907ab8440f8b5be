"""The documents of the project, and what is written in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SQL = ROOT / "sql"
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "data/*.md", "sql/**/*.md", "tests/sql/*.md")
    for path in ROOT.glob(pattern)
)
README, JAPANESE = (ROOT / "README.md").read_text(), (ROOT / "README.ja.md").read_text()
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(markdown: str) -> list[str]:
    """The fenced blocks of a document."""
    return FENCED.findall(markdown)


def code(markdown: str) -> list[str]:
    """The fenced blocks and code spans of a document."""
    return blocks(markdown) + re.findall(r"`([^`\n]+)`", FENCED.sub("", markdown))


def headings(markdown: str) -> list[str]:
    """The headings of a document, in order, with their marks."""
    return re.findall(r"^#+ .+$", FENCED.sub("", markdown), re.MULTILINE)


def anchor(heading: str) -> str:
    """What a link to a heading ends in."""
    text = heading.lstrip("#").strip().lower()
    return "".join(char for char in text if char.isalnum() or char in " -_").replace(" ", "-")
