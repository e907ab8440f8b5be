"""The viewer as a reader sees it: pages parsed back into headlines, tables and links."""

import gzip
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import brotli
from backports import zstd
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from werkzeug.test import Client, TestResponse

from etl.config import Config
from tests.web.tree import Node, parse
from web.app import create_app

# An example is a run of the batch or a drawn page: the first that fails is shown, no smaller one looked for.
SLOW = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


@dataclass(frozen=True)
class Table:
    """A table's heads of columns and its rows of texts."""

    columns: list[str]
    rows: list[list[str]]

    @property
    def cells(self) -> dict[tuple[str, str], str]:
        """Cells that are not empty, by the heads of row and column."""
        return {
            (row[0], column): cell
            for row in self.rows
            for column, cell in zip(self.columns[1:], row[1:], strict=True)
            if cell
        }


class Page:
    """An answer of the viewer."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers

    @cached_property
    def text(self) -> str:
        """The body; not to be asked of a compressed answer."""
        return self.response.text

    @property
    def body(self) -> bytes:
        """The body, expanded as the header says."""
        expand = {"br": brotli.decompress, "gzip": gzip.decompress, "zstd": zstd.decompress, None: bytes}
        return expand[self.headers.get("Content-Encoding")](self.response.data)

    @cached_property
    def html(self) -> Node:
        """The page as a tree."""
        return parse(self.text)

    @property
    def main(self) -> str:
        """The text of the page's content."""
        return self.html.one("main").text

    @cached_property
    def headline(self) -> dict[str, list[str]]:
        """The headline figures: what follows each name."""
        groups = self.html.one("dl", class_="headline").all("div")
        return {group.one("dt").text: [one.text for one in group.all("dd")] for group in groups}

    @cached_property
    def tables(self) -> list[Table]:
        """The tables of the charts, in order."""
        return [_table(node) for node in self.html.all("table", class_="numbers")]

    @cached_property
    def titles(self) -> list[str]:
        """The titles of the charts, in order."""
        return [node.text for node in self.html.all("figcaption")]

    @property
    def users(self) -> list[list[str]]:
        """The rows of the user table; empty if there is none."""
        return [row for node in self.html.all("table", class_="users") for row in _table(node).rows]

    @property
    def ids(self) -> list[int]:
        """The ids in the user table."""
        return [int(row[0]) for row in self.users]

    @property
    def found(self) -> str:
        """How many users match, as the table's heading says."""
        return self.html.one("section", id="users").one("h2").one("small").text

    def link(self, rel: str) -> str | None:
        """The address of the link below the table that is `first`, `prev`, `next` or `last`."""
        found = [node.attributes["href"] for node in self.html.all("a", rel=rel)]
        return found[0].partition("#")[0] if found else None

    @property
    def marks(self) -> list[str]:
        """What the charts say of each of their marks."""
        found = self.html.all(role="graphics-symbol")
        return [node.attributes["aria-label"] for node in found if "aria-label" in node.attributes]


def written(energies: Collection[Decimal]) -> tuple[str, list[str]]:
    """The unit of energies (Wh) that stand together on a page, and how each is written."""
    small = 0 < max(energies, default=0) < 1000
    return "Wh" if small else "kWh", [f"{energy if small else energy / 1000:,.1f}" for energy in energies]


def headline_energy(energies: Iterable[Decimal]) -> str:
    """A sum of energies (Wh) as the headline writes it."""
    unit, (text,) = written([sum(energies, Decimal(0))])
    return f"{text} {unit}"


def _table(node: Node) -> Table:
    rows = [[cell.text for cell in row.all("th", "td")] for row in node.all("tr")]
    return Table(rows[0], rows[1:])


class Viewer:
    """The app and a browser that keeps its cookies."""

    def __init__(self, config: Config | None = None) -> None:
        self.app: Flask = create_app(config)
        self.client: Client = self.app.test_client()

    def get(self, path: str = "/", **parameters: Any) -> Page:
        """Open a page."""
        return Page(self.client.get(path, query_string=parameters or None))

    def follow(self, link: str, path: str = "/") -> Page:
        """Open what a link on `path` points at."""
        return Page(self.client.get(path + link if link.startswith("?") else link))

    def ask(self, path: str, **headers: str) -> Page:
        """Open a page with headers such as `Accept_Language`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return Page(self.client.get(path, headers=given))

    def forget(self) -> None:
        """Empty the cache."""
        self.app.extensions["meterhouse"].cache.clear()
