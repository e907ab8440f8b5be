"""The Japanese texts are complete, keep their placeholders, and are compiled."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "web" / "translations"
PO = TRANSLATIONS / "ja" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z%]")
UNIT = re.compile(r"\bk?Wh\b", re.ASCII)


def in_source() -> set[str]:
    with (TRANSLATIONS / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    return {found[2] for found in extract_from_dir(ROOT, methods, options, directory_filter=is_viewer)}


def is_viewer(folder: str) -> bool:
    return any(Path(folder).is_relative_to(ROOT / part) for part in ("web", "etl"))


def japanese() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="ja", abort_invalid=True)


def texts(catalog: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in catalog if message.id}


def test_every_text_of_the_viewer_is_in_the_catalog_and_no_other():
    found = in_source()
    assert {"Load profile", "weekday"} <= found, "babel.cfg finds neither templates nor modules"
    assert set(texts(japanese())) == found
    assert not japanese().obsolete


@pytest.mark.parametrize("message", [one for one in japanese() if one.id], ids=lambda one: one.id)
def test_a_text_is_translated_with_its_placeholders_and_units(message):
    assert message.string.strip()
    assert not message.fuzzy
    for kept in (PLACEHOLDER, UNIT):
        assert sorted(kept.findall(message.string)) == sorted(kept.findall(message.id))


def test_the_catalog_has_nothing_that_changes_at_each_extraction():
    lines = PO.read_text().splitlines()
    assert [line for line in lines if line.startswith(("#:", "#~"))] == []
    found = [message.id for message in japanese() if message.id]
    assert found == sorted(found)


def test_the_compiled_catalog_is_up_to_date():
    fresh = BytesIO()
    write_mo(fresh, japanese())
    with MO.open("rb") as file:
        assert texts(read_mo(file)) == texts(japanese())
    assert MO.read_bytes() == fresh.getvalue(), "compile it again, see CONTRIBUTING.md"
