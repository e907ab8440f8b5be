"""Take the screenshots that the documents show, from a running viewer: `python docs/screenshots.py`."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

FOLDER = Path(__file__).resolve().parent
SIZE = {"width": 1200, "height": 1100}
HISTORY = "/data-collection/history"
LANGUAGES = {"en": "en-US", "ja": "ja-JP"}


def main(argv: Sequence[str] | None = None) -> int:
    """Write a picture of each page in each language, such as `summary-en.png`; 0 done, 1 not."""
    given = _parser().parse_args(argv)
    chromium = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if chromium is None:
        print("error: no chromium: apt-get install chromium, or set CHROMIUM", file=sys.stderr)
        return 1
    try:
        for path in take(chromium, given.url.rstrip("/"), given.user, given.out, given.account):
            print(path)
    except Error as error:
        print(f"error: {error.message.splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


def take(chromium: str, url: str, user: str, folder: Path, account: str = "") -> list[Path]:
    """Photograph the tops of the pages in both languages.

    Parameters
    ----------
    chromium : str
        The browser's program.
    url : str
        Where the viewer is, without a slash at the end.
    user : str
        Whose page; empty for the first of the user table.
    folder : Path
        Where the files go.
    account : str
        An administrator, who sees the history, with the password in VIEWER_PASSWORD; empty: not that page.

    Returns
    -------
    list of Path
        PNG files of 1200 x 1100 pixels.

    Raises
    ------
    playwright.sync_api.Error
        If the viewer does not answer.
    """
    taken = []
    with sync_playwright() as playwright:
        for language, locale in LANGUAGES.items():
            # The browser's own language decides how date fields look (Debian: chromium-l10n).
            browser = playwright.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--disable-background-networking", f"--lang={locale}"],
                env={**os.environ, "LANGUAGE": locale.replace("-", "_")},
            )
            page = browser.new_page(viewport=SIZE, device_scale_factor=1, locale=locale, color_scheme="light")
            page.goto(f"{url}/")
            shown = user or page.locator("table.users tbody th").first.inner_text()
            pages = {"summary": "/", "user": f"/users/{shown}"}
            if account:
                page.goto(f"{url}{HISTORY}")
                page.fill("[name=name]", account)
                page.fill("[name=password]", os.environ["VIEWER_PASSWORD"])
                page.click("main button")
                pages = {"history": HISTORY}
            for name, address in pages.items():
                answer = page.goto(f"{url}{address}")
                if answer is None or not answer.ok:
                    raise Error(f"{url}{address} does not answer with a page")
                taken.append(folder / f"{name}-{language}.png")
                page.screenshot(path=taken[-1])
            browser.close()
    return taken


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python docs/screenshots.py",
        description="Take the screenshots that the documents show, from a running viewer (make web).",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--url", default="http://127.0.0.1:8000", help="where the viewer is (default: %(default)s)")
    add("--user", default="", metavar="ID", help="whose page (default: the first of the table)")
    add("--account", default="", metavar="NAME", help="only the history, as this administrator")
    add("--out", type=Path, default=FOLDER, metavar="FOLDER", help="default: docs/")
    return parser


if __name__ == "__main__":
    sys.exit(main())
