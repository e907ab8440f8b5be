"""People who use the viewer: their accounts are made by the command line, as the operator makes them."""

from dataclasses import dataclass

from click.testing import Result

from tests.web.site import Page, Viewer

PASSWORD = "correct horse battery"


def command(viewer: Viewer, *arguments: str, given: str = "") -> Result:
    """Run `flask --app web.app` with arguments, and text for its standard input."""
    return viewer.app.test_cli_runner().invoke(args=list(arguments), input=given)


def add(viewer: Viewer, name: str, role: str, password: str = PASSWORD) -> None:
    """Make an account."""
    result = command(viewer, "users", "add", name, "--role", role, "--password-stdin", given=f"{password}\n")
    assert result.exit_code == 0, (result.output, result.exception)


def add_token(viewer: Viewer, account: str, name: str = "ci") -> str:
    """Make a token and give it."""
    result = command(viewer, "tokens", "add", account, "--name", name)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout.strip()


@dataclass
class Person:
    """A browser of somebody's own, at an address of the viewer."""

    viewer: Viewer
    base: str = "http://localhost"

    def __post_init__(self) -> None:
        self.client = self.viewer.app.test_client()

    def get(self, path: str = "/", **headers: str) -> Page:
        """Open a page."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return Page(self.client.get(path, base_url=self.base, headers=given))

    def post(self, path: str, **fields: str) -> Page:
        """Send a form as it stands."""
        return Page(self.client.post(path, base_url=self.base, data=fields))

    def csrf_token(self, path: str = "/sign-in") -> str:
        """The token in the form of a page."""
        return self.get(path).html.all("input", name="csrf_token")[0].attributes["value"] or ""

    def sign_in(self, name: str, password: str = PASSWORD, path: str = "/sign-in") -> Page:
        """Fill in the form and send it."""
        token = self.csrf_token(path)
        return self.post(path, name=name, password=password, csrf_token=token)

    def sign_out(self, path: str = "/users/5") -> Page:
        """Press the button in the header of a page."""
        return self.post("/sign-out", csrf_token=self.csrf_token(path))

    @property
    def name(self) -> str | None:
        """Who has signed in, as the header of the summary says."""
        found = self.get("/users/5").html.one("header").all("form", class_="account")
        return found[0].one("span").text if found else None
