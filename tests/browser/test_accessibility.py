"""axe finds nothing to complain about, on any page, in either language, in light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.viewer import GAPPY

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": RULES, "resultTypes": ["violations"]}
SUMMARY, DETAIL = "/?q=1&sort=-energy", f"/users/{GAPPY}"
LOOKS = [(locale, scheme) for locale in ("en-GB", "ja-JP") for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    "address, locale, scheme",
    [
        *((address, *look) for address in (SUMMARY, DETAIL) for look in LOOKS),
        ("/?split=tariff&q=120", *LOOKS[0]),
        ("/?q=999", *LOOKS[0]),
        ("/users/999999", *LOOKS[0]),
        ("/?area=Nowhere", *LOOKS[3]),
    ],
)
def test_axe_finds_nothing(open_page, address, locale, scheme):
    # The page's own policy forbids what axe does to it.
    page = open_page(address, locale=locale, color_scheme=scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page, options=OPTIONS)
    assert found.response["passes"], "axe looked at nothing"
    assert found.violations_count == 0, found.generate_report()
