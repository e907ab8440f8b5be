"""Documents lead somewhere: links, paths, steps beside their SQL, and README in two languages."""

import re
from collections import Counter

import pytest

from tests.unit.documents import (
    DOCUMENTS,
    JAPANESE,
    LINK,
    README,
    ROOT,
    SQL,
    anchor,
    blocks,
    headings,
    relative,
)

README_LINES = 150
FOLDERS = sorted(path for path in SQL.iterdir() if path.is_dir())
PATH = re.compile(r"(?<![\w./-])(?:etl|web|sql|tests|bench|docs)/[\w./*-]*[\w/*]", re.ASCII)
# What a reader replaces, as in etl/jobs/NAME/job.py; and a room that is named before it is there.
PLACEHOLDER = re.compile(r"\b(NAME|NNN)")
COMING = {"etl/sources/"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_somewhere(document):
    for target in LINK.findall(document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        if fragment:
            assert fragment in {anchor(heading) for heading in headings(file.read_text())}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_documents_name_paths_that_exist(document):
    text = re.sub(r"\]\([^)]*\)", "]", document.read_text())
    named = {path for path in PATH.findall(text) if not PLACEHOLDER.search(path)}
    assert [path for path in sorted(named - COMING) if not any(ROOT.glob(path))] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_a_folder_of_sql_lists_each_of_its_files_once(folder):
    linked = Counter(LINK.findall((folder / "README.md").read_text()))
    files = [str(path.relative_to(folder)) for path in folder.rglob("*.sql")]
    assert {file: linked[file] for file in files} == dict.fromkeys(files, 1)


def test_the_list_of_sql_folders_is_complete():
    linked = LINK.findall((SQL / "README.md").read_text())
    assert [folder.name for folder in FOLDERS if f"{folder.name}/README.md" not in linked] == []


@pytest.mark.parametrize(
    "file",
    [
        "sql/consumption/close_contracts.sql",
        "etl/jobs/consumption/contracts.py",
        "etl/readings/running_sums.py",
        "web/access/policy.py",
    ],
)
def test_contributing_leads_to_the_file_that_a_stranger_asks_for(file):
    assert file in LINK.findall((ROOT / "CONTRIBUTING.md").read_text())


def test_readme_leads_to_every_page_of_docs():
    pages = [relative(path) for path in (ROOT / "docs").glob("*.md")]
    assert pages
    assert [page for page in pages if page not in LINK.findall(README)] == []


# README in two languages


@pytest.mark.parametrize("text", [README, JAPANESE], ids=["English", "Japanese"])
def test_readme_is_one_page(text):
    assert len(text.splitlines()) <= README_LINES


def test_readme_leads_to_the_other_language_first():
    assert LINK.search(README)[1] == "README.ja.md"
    assert LINK.search(JAPANESE)[1] == "README.md"


def test_readme_has_the_same_sections_in_both_languages():
    levels = [[heading.split()[0] for heading in headings(text)] for text in (README, JAPANESE)]
    assert levels[0] == levels[1]


def test_readme_has_the_same_code_blocks_in_both_languages():
    assert blocks(README) == blocks(JAPANESE)


def test_readme_leads_to_the_same_places_in_both_languages():
    targets = [
        {target for target in LINK.findall(text) if not re.search(r"README|-(en|ja)\.png", target)}
        for text in (README, JAPANESE)
    ]
    assert targets[0] == targets[1]
